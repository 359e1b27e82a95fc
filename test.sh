#!/usr/bin/env bash
# Restores, builds and tests everything that can be built here. Ends with "N passed, N failed, N skipped".
#
#   ./test.sh            everything (a few minutes)
#   ./test.sh Domain     only the test projects whose name contains "Domain"
#
# Some package mirrors lack the cluster packages (Orleans, StackExchange.Redis). If, and only if, those cannot be
# restored, the embedded part is built and tested instead, and a loud line says so. Any other failure fails.
set -euo pipefail
cd "$(dirname "$0")"

only=${1:-}
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
logs=artifacts/test-logs
rm -rf "$logs"
mkdir -p "$logs"

solution=Conversations.sln
part="the whole solution"
if ! dotnet restore "$solution" -v quiet >"$logs/restore.log" 2>&1; then
  # NU1100 to NU1103: not found, or not in this version ("Unable to find package X", "Unable to resolve 'X (>= 1.0)'").
  missing=$(grep -E 'error NU110[0-3]' "$logs/restore.log" | grep -oE "(package|resolve) '?[A-Za-z0-9.]+" | awk '{print $2}' | tr -d "'" | sed 's/\.$//' | sort -u || true)
  if [ -z "$missing" ] || grep -qvE '^(Microsoft\.Orleans\..*|StackExchange\.Redis|System\.IO\.Hashing)$' <<<"$missing"; then
    cat "$logs/restore.log"
    echo "Restore failed."
    exit 1
  fi
  solution=Conversations.Embedded.slnf
  part="ONLY THE EMBEDDED PART"
  printf '\n*** CLUSTER PACKAGES CANNOT BE RESTORED HERE (%s): TESTING ONLY THE EMBEDDED PART ***\n\n' "$(tr '\n' ' ' <<<"$missing" | xargs)"
  dotnet restore "$solution" -v quiet
fi

echo "Building $part ..."
dotnet build "$solution" --no-restore -v quiet -clp:NoSummary

passed=0 failed=0 skipped=0
for project in tests/*/*.csproj; do
  name=$(basename "$project" .csproj)
  [[ "$name" == *"$only"* ]] || continue
  [ "$solution" = Conversations.sln ] || grep -q "\"$project\"" "$solution" || continue
  echo "Testing $name ..."
  status=0
  "artifacts/bin/$name/debug/$name" --no-progress --no-ansi --timeout 15m >"$logs/$name.log" 2>&1 || status=$?
  count() { grep -oE "^  $1: [0-9]+" "$logs/$name.log" | tail -1 | grep -oE '[0-9]+' || echo 0; }
  good=$(count succeeded) bad=$(count failed) left=$(count skipped)
  # Exit code 8: no test ran. Any non-zero code without a counted failure is a crash, and counts as one.
  if [ "$status" -ne 0 ] && [ "$bad" -eq 0 ]; then bad=1; fi
  if [ "$bad" -ne 0 ]; then cat "$logs/$name.log"; fi
  grep -E '^skipped ' "$logs/$name.log" || true
  grep -hE '^FIGURES ' "$logs/$name.log" || true
  printf '  %s: %d passed, %d failed, %d skipped\n' "$name" "$good" "$bad" "$left"
  passed=$((passed + good)) failed=$((failed + bad)) skipped=$((skipped + left))
done

echo
echo "Tested $part."
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
