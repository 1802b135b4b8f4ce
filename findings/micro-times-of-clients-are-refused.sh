#!/usr/bin/env bash
# A Lease's renewTime and an Event's eventTime are MicroTimes, and an API server takes those with exactly six decimals only
# (apimachinery 0.37.2; an ordinary Time is taken with any fraction). The clients send what the date happens to have:
# @kubernetes/client-node 1.4.0 sends a Date as `10:00:00.123Z` (its V1MicroTime as `.123000Z`), kubernetes (Python) 37.0.2 a datetime
# of whole microseconds 0 as `10:00:00+00:00` and one without a zone without one: each refused. A leader that renews its Lease with `new
# Date()` never leads; in Python one with now(timezone.utc) loses one renewal in a million, one that rounds to seconds all. Seen
# with Go 1.26, Node 20, Python 3.11, November 2026. This project's embedded API server refuses them too, and says what it wants.
set -euo pipefail
for tool in go node npm python3; do command -v "$tool" > /dev/null || { echo "needs $tool (https://go.dev/dl; Debian: nodejs, npm, python3-venv)"; exit 2; }; done
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check kubernetes==37.0.2
npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$work" @kubernetes/client-node@1.4.0 > "$work/npm" 2>&1
cd "$work"
cat > send.py <<'PY'
from datetime import datetime, timezone

from kubernetes.client import ApiClient, V1Lease, V1LeaseSpec


def sent(what, at):
    print("kubernetes 37.0.2,", what + "\t" + ApiClient().sanitize_for_serialization(V1Lease(spec=V1LeaseSpec(renew_time=at)))["spec"]["renewTime"])


sent("a datetime with microseconds", datetime(2026, 11, 29, 10, 0, 0, 123456, tzinfo=timezone.utc))
sent("a datetime of a whole second", datetime(2026, 11, 29, 10, tzinfo=timezone.utc))
sent("a datetime without a zone", datetime(2026, 11, 29, 10, 0, 0, 123456))
PY
cat > send.mjs <<'JS'
import {V1MicroTime} from '@kubernetes/client-node';
import {ObjectSerializer} from './node_modules/@kubernetes/client-node/dist/gen/models/ObjectSerializer.js';
for (const [what, at] of [['a Date', new Date('2026-11-29T10:00:00.123Z')], ['a V1MicroTime', new V1MicroTime('2026-11-29T10:00:00.123Z')]]) {
  const sent = JSON.parse(JSON.stringify(ObjectSerializer.serialize({spec: {renewTime: at}}, 'V1Lease', '')));
  console.log(`@kubernetes/client-node 1.4.0, ${what}\t${sent.spec.renewTime}`);
}
JS
{ venv/bin/python send.py; node send.mjs; } > sent
cat > times_test.go <<'GO'
package times

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestTimes(t *testing.T) {
	file, err := os.Open("sent")
	if err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(file); lines.Scan(); {
		what, text, _ := strings.Cut(lines.Text(), "\t")
		quoted, _ := json.Marshal(text)
		fmt.Printf("%s: %s, taken as a MicroTime %t, as a Time %t\n", what, text,
			json.Unmarshal(quoted, &metav1.MicroTime{}) == nil, json.Unmarshal(quoted, &metav1.Time{}) == nil)
	}
}
GO
export GOPATH="$work/go" GOFLAGS="-modcacherw -mod=mod"
go mod init times > made 2>&1
go get k8s.io/apimachinery@v0.37.2 > got 2>&1
go test -count=1 -v . > said 2>&1 || { cat said; exit 1; }
grep 'taken as' said > found
cat found
[ "$(sed 's/.*MicroTime \(.*\), as a Time \(.*\)/\1 \2/' found | tr '\n' ';')" = "true true;false true;false false;false true;true true;" ]
