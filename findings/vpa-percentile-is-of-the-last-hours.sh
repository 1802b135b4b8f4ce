#!/usr/bin/env bash
# The histogram of the Vertical Pod Autoscaler's recommender (Go module 1.8.1, with the options the recommender gives it for CPU: a half
# life of a day, buckets from 10m growing by 5 %): the newest sample weighs twice as much as yesterday's, so p90, by which it
# recommends, is no matter of nine tenths of the time. A week at 100m and then four hours at 2 cores, 2.4 % of all, has a p90 of 2.09
# cores; a week at 2 cores keeps it for more than three quiet days. Samples are by pod: half an hour with ten pods at 500m, 0.3 % of
# the time, outweighs a tenth of a week with one. So a load test changes what is recommended, and with an HPA the sooner. Values are
# those of a bucket's end: 100m is 110m. Seen with Go 1.26, November 2026. docs/autoscalers.md tells it.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
cat > "$work/vpa_test.go" <<'GO'
package vpa

import (
	"fmt"
	"math"
	"testing"
	"time"

	"k8s.io/autoscaler/vertical-pod-autoscaler/pkg/recommender/util"
)

type stretch struct {
	length time.Duration
	pods   int
	cores  float64
}

func p90(t *testing.T, stretches ...stretch) float64 {
	options, err := util.NewExponentialHistogramOptions(1000, 0.01, 1.05, 0.001*0.1)
	if err != nil {
		t.Fatal(err)
	}
	histogram, at := util.NewDecayingHistogram(options, 24*time.Hour), time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	for _, one := range stretches {
		for end := at.Add(one.length); at.Before(end); at = at.Add(time.Minute) {
			for pod := 0; pod < one.pods; pod++ {
				histogram.AddSample(one.cores, 0.1, at)
			}
		}
	}
	return histogram.Percentile(0.9)
}

func TestPercentile(t *testing.T) {
	const hour, week = time.Hour, 7 * 24 * time.Hour
	quiet, busy := stretch{week, 1, 0.1}, stretch{week, 1, 2}
	for _, one := range []struct {
		what   string
		wanted float64
		found  float64
	}{
		{"a week at 100m", 0.11, p90(t, quiet)},
		{"and 3 hours at 2 cores", 0.11, p90(t, quiet, stretch{3 * hour, 1, 2})},
		{"and 4 hours at 2 cores", 2.09, p90(t, quiet, stretch{4 * hour, 1, 2})},
		{"and half an hour at 500m", 0.11, p90(t, quiet, stretch{hour / 2, 1, 0.5})},
		{"and half an hour at 500m in ten pods", 0.51, p90(t, quiet, stretch{hour / 2, 10, 0.5})},
		{"a week at 2 cores and 3 days at 100m", 2.09, p90(t, busy, stretch{72 * hour, 1, 0.1})},
		{"a week at 2 cores and 3.5 days at 100m", 0.11, p90(t, busy, stretch{84 * hour, 1, 0.1})},
	} {
		fmt.Printf("p90 %.2f cores: %s\n", one.found, one.what)
		if math.Abs(one.found-one.wanted) > 0.015 {
			t.Errorf("wanted %.2f", one.wanted)
		}
	}
}
GO
cd "$work"
export GOPATH="$work/go" GOFLAGS="-modcacherw -mod=mod -p=1 -trimpath"
go mod init vpa > made 2>&1
go get k8s.io/autoscaler/vertical-pod-autoscaler@v1.8.1 > get 2>&1
go list -m k8s.io/autoscaler/vertical-pod-autoscaler
go test -count=1 -v ./... > said 2>&1 || { cat said; exit 1; }
grep '^p90' said
