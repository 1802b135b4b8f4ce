#!/usr/bin/env bash
# pip 23.2.1 with --require-hashes: a complete lock file breaks by itself. A package pinned without its extra does not
# satisfy another's requirement with the extra as soon as a newer version is published ("all requirements must have their
# versions pinned"). The extra named in the lock, or --no-deps, cures it; pip 25.3 takes the file as it is.
# Seen with pip 23.2.1 and 25.3, pytest-cov 6.0.0 and coverage 7.6.1, Python 3.11, November 2026.
# This project names extras in its locks and installs them with --no-deps.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
pip() { "$work/venv/bin/python" -m pip "$@" --disable-pip-version-check; }
pip install -q 'pip==25.3'
cat > "$work/in.txt" <<'TXT'
pytest-cov==6.0.0
coverage==7.6.1
pytest==8.3.4
iniconfig==2.0.0
packaging==24.2
pluggy==1.5.0
TXT
mkdir "$work/wheels"
pip download -q --no-deps --only-binary :all: -r "$work/in.txt" -d "$work/wheels"
for wheel in "$work"/wheels/*.whl; do
    name=$(basename "$wheel"); version=${name#*-}
    echo "${name%%-*}==${version%%-*} --hash=sha256:$(sha256sum "$wheel" | cut -d' ' -f1)"
done | sed 's/^pytest_cov/pytest-cov/' > "$work/lock.txt"
pip install -q --dry-run --require-hashes -r "$work/lock.txt"
echo "pip 25.3: taken"
pip install -q 'pip==23.2.1'
if pip install -q --dry-run --require-hashes -r "$work/lock.txt" 2> "$work/said"; then
    echo "pip 23.2.1 takes it too: this has changed"; exit 1
fi
grep -o 'In --require-hashes mode, all requirements must have their versions pinned' "$work/said"
sed 's/^coverage==/coverage[toml]==/' "$work/lock.txt" > "$work/named.txt"
pip install -q --dry-run --require-hashes -r "$work/named.txt" && echo "pip 23.2.1, extra named: taken"
pip install -q --dry-run --no-deps --require-hashes -r "$work/lock.txt" && echo "pip 23.2.1, --no-deps: taken"
