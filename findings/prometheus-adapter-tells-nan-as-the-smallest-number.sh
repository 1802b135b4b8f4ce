#!/usr/bin/env bash
# prometheus-adapter 0.12.0 (Go module, its own converter of external metrics): a query's NaN and infinities become
# -9223372036854775808m, and that text, read again as the HPA reads it (apimachinery), has 0 thousandths: the HPA sees a metric far
# below its target and scales in. A p95 by `histogram_quantile` of a service that answers nothing is NaN, a number divided by zero
# +Inf: both happen under overload. Values are cut off at thousandths: 0.9 ms in seconds is 0. (By its source a custom metric's NaN is
# 0 and its infinities as here.) Seen with Go 1.26 on amd64, November 2026; other architectures convert otherwise. This project's
# embedded adapter answers the same, and docs/autoscalers.md says what the number means.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
cat > "$work/adapter_test.go" <<'GO'
package adapter

import (
	"encoding/json"
	"fmt"
	"math"
	"testing"

	"github.com/prometheus/common/model"
	"k8s.io/apimachinery/pkg/api/resource"
	"sigs.k8s.io/custom-metrics-apiserver/pkg/provider"
	"sigs.k8s.io/prometheus-adapter/pkg/client"
	external "sigs.k8s.io/prometheus-adapter/pkg/external-provider"
)

func TestValues(t *testing.T) {
	const smallest = "-9223372036854775808m"
	for _, one := range []struct {
		value float64
		told  string
		read  int64
	}{
		{0.25, "250m", 250},
		{0.0009, "0", 0},
		{math.NaN(), smallest, 0},
		{math.Inf(1), smallest, 0},
		{math.Inf(-1), smallest, 0},
	} {
		vector := model.Vector{&model.Sample{Value: model.SampleValue(one.value)}}
		answer, err := external.NewMetricConverter().Convert(
			provider.ExternalMetricInfo{Metric: "p95"}, client.QueryResult{Type: model.ValVector, Vector: &vector})
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(answer.Items[0].Value)
		if err != nil {
			t.Fatal(err)
		}
		var heard resource.Quantity
		if err := json.Unmarshal(text, &heard); err != nil {
			t.Fatal(err)
		}
		fmt.Printf("%v is told as %s and read as %d thousandths\n", one.value, text, heard.MilliValue())
		if string(text) != `"`+one.told+`"` || heard.MilliValue() != one.read {
			t.Errorf("wanted %s and %d", one.told, one.read)
		}
	}
}
GO
cd "$work"
export GOPATH="$work/go" GOFLAGS="-modcacherw -mod=mod -p=1 -trimpath"
go mod init adapter > made 2>&1
go get sigs.k8s.io/prometheus-adapter@v0.12.0 > get 2>&1
go list -m sigs.k8s.io/prometheus-adapter k8s.io/apimachinery
go test -count=1 -v ./... > said 2>&1 || { cat said; exit 1; }
grep 'is told as' said
