#!/usr/bin/env bash
# Prometheus 3 (module 0.316.0), `increase()` and `rate()`: what a series holds when it is first seen counts for nothing. A pod
# whose first failures are a burst of 37 between two scrapes, with no more after, has `increase(errors_total[5m])` 0, where a
# counter that was at 0 before gives 37; ten pods that lived for one scrape each have answered 2,800 requests, and there is no
# increase at all. Both belong to a scale-up: new pods, new statuses. Seen with its own engine, Go 1.26, November 2026. This
# project's import gives such a counter the zero that it began with.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
cat > "$work/increase_test.go" <<'GO'
package increase

import (
	"testing"

	"github.com/prometheus/prometheus/promql/promqltest"
)

const said = `
load 15s
  errors_total{pod="new"} _x6 37x20
  errors_total{pod="initialised"} 0x6 37x20
  requests_total{pod="1"} _x9 280 stale
  requests_total{pod="2"} _x9 280 stale
  requests_total{pod="3"} _x9 280 stale
  requests_total{pod="4"} _x9 280 stale
  requests_total{pod="5"} _x9 280 stale
  requests_total{pod="6"} _x9 280 stale
  requests_total{pod="7"} _x9 280 stale
  requests_total{pod="8"} _x9 280 stale
  requests_total{pod="9"} _x9 280 stale
  requests_total{pod="10"} _x9 280 stale

eval instant at 5m sum(increase(errors_total{pod="new"}[5m]))
  {} 0

eval instant at 5m round(sum(increase(errors_total{pod="initialised"}[5m])))
  {} 37

eval instant at 5m sum(increase(requests_total[5m]))
`

func TestIncrease(t *testing.T) {
	promqltest.RunTest(t, said, promqltest.NewTestEngine(t, false, 0, 1000000))
}
GO
cd "$work"
export GOPATH="$work/go" GOFLAGS="-modcacherw -mod=mod"
go mod init increase > /dev/null 2>&1
go get github.com/prometheus/prometheus@v0.316.0 > get 2>&1
go test -count=1 ./... > said 2>&1 || { cat said; exit 1; }
echo "Prometheus 0.316.0: 37 new errors are 0, after a zero 37; 2,800 requests of pods with one scrape are none"
