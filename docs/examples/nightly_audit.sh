#!/bin/sh
# Audit the trunks, and mail what a person must look at. In the crontab of a user who may read the settings:
#   15 2 * * *  /usr/local/bin/nightly_audit.sh /etc/didww/audit.conf
# Exits with 0 if nothing differs, 2 if something does, 1 if the audit could not be done or the mail not be sent.
set -u
# Sets TRUNKS, REPORT, MAIL_TO and PATH, and exports DIDWW_API_KEY.
. "$1" || exit 1

# A report that exists after the run is then the report of this run.
rm -f "$REPORT" || exit 1
output=$(ansible-playbook didww.voice.audit -e "trunks_file=$TRUNKS" -e "report=$REPORT" 2>&1 </dev/null)
status=$?
# ansible-playbook exits with 2 for drift and for a failure: the report tells which.
result=$(python3 - "$REPORT" 2>/dev/null <<'END'
import json, sys
report = json.load(open(sys.argv[1], encoding="utf-8"))
print("failed" if report["failed"] else "finished", "at", report["at"])
END
)

case "$result, $status" in
  "finished "*", 0") exit 0 ;;
  "finished "*)
    code=2 subject="DIDWW: trunks differ from $TRUNKS"
    # The lines of the table.
    output=$(printf '%s\n' "$output" | sed -n 's/^ok: \[localhost\] => (item=\(.*\))$/\1/p') ;;
  *) code=1 subject="DIDWW: the audit failed" ;;
esac
printf 'The audit of %s %s.\n\n%s\n' "$TRUNKS" "${result:-wrote no report}" "$output" | mail -s "$subject" "$MAIL_TO" || exit 1
exit $code
