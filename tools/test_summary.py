"""Counts what a `bazel test` did, for tools/test.

usage: test_summary.py BUILD_EVENTS_JSON BAZEL_EXIT_STATUS

Counts the cases in the XML file of each test target that ran. What failed
without a case to show for it (a target that did not build, a test that crashed
or ran out of time) counts as one failure. Ends with "N passed, N failed" and
exits with 0 only when something passed and nothing failed.
"""

import json
import sys
import urllib.parse
import xml.etree.ElementTree as ElementTree


def read_events(path):
  with open(path, encoding="utf-8") as lines:
    for line in lines:
      yield json.loads(line)


def count_cases(xml_path):
  """Returns the numbers of passed, failed and skipped cases of a test.xml."""
  passed = failed = skipped = 0
  for case in ElementTree.parse(xml_path).iter("testcase"):
    if case.find("failure") is not None or case.find("error") is not None:
      failed += 1
    elif case.find("skipped") is not None or case.get("status") == "notrun":
      skipped += 1
    else:
      passed += 1
  return passed, failed, skipped


def xml_of(result):
  for output in result.get("testActionOutput", []):
    if output["name"] == "test.xml" and "uri" in output:
      return urllib.parse.unquote(urllib.parse.urlparse(output["uri"]).path)
  return None


def main(events_path, bazel_status):
  # The last attempt of each (label, run, shard) is the one that counts.
  results = {}
  not_built = set()
  for event in read_events(events_path):
    key = event["id"]
    if "testResult" in key and "testResult" in event:
      test = key["testResult"]
      results[test["label"], test.get("run"), test.get("shard")] = event["testResult"]
    elif "targetCompleted" in key and not event.get("completed", {}).get("success"):
      not_built.add(key["targetCompleted"]["label"])

  passed = failed = skipped = 0
  failed_targets = set(not_built)
  for (label, _, _), result in results.items():
    counts = (0, 0, 0)
    path = xml_of(result)
    if path:
      try:
        counts = count_cases(path)
      except (OSError, ElementTree.ParseError) as error:
        print(f"{label}: unreadable {path}: {error}")
    if result["status"] not in ("PASSED", "FLAKY"):
      failed_targets.add(label)
      if counts[1] == 0:
        counts = (counts[0], 1, counts[2])
    passed += counts[0]
    failed += counts[1]
    skipped += counts[2]
  failed += len(not_built)
  # Nothing to blame, yet Bazel is unhappy: a BUILD file that does not load.
  if bazel_status != 0 and failed == 0:
    failed = 1

  targets = {label for label, _, _ in results} | not_built
  print(f"\ntargets: {len(targets - failed_targets)} passed, {len(failed_targets)} failed", end="")
  print(f"; skipped cases: {skipped}" if skipped else "")
  for label in sorted(failed_targets):
    print(f"  {'did not build' if label in not_built else 'failed'}: {label}")
  if passed + failed == 0:
    print("nothing ran")
  print(f"{passed} passed, {failed} failed")
  return 0 if passed > 0 and failed == 0 else 1


if __name__ == "__main__":
  sys.exit(main(sys.argv[1], int(sys.argv[2])))
