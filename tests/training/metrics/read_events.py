"""Reads the event files of write_events with TensorBoard's own reader.

usage: read_events.py DIRECTORY

Exits with 0 when every scalar is there with its step, wall time and value and
the second session has replaced the later steps of the first; 3 when TensorBoard
is not installed.
"""

import sys

try:
  from tensorboard.backend.event_processing import event_accumulator
except ImportError as error:
  print(f"no tensorboard: {error}")
  sys.exit(3)


def main(directory):
  reader = event_accumulator.EventAccumulator(directory)
  reader.Reload()
  tags = sorted(reader.Tags()["scalars"])
  assert tags == ["learner/loss", "selfplay/moves_per_second"], tags

  loss = [(event.step, event.value) for event in reader.Scalars("learner/loss")]
  assert loss == [(0, 0.0), (1, 1.0), (2, 2.0), (3, 30.0), (4, 40.0), (5, 50.0)], loss
  times = [event.wall_time for event in reader.Scalars("learner/loss")]
  assert times == [1700000000.0 + t for t in (0, 1, 2, 103, 104, 105)], times
  speed = [event.value for event in reader.Scalars("selfplay/moves_per_second")]
  assert speed == [100.0, 101.0, 102.0, 103.0, 104.0, 105.0], speed
  print(f"tensorboard read {len(loss) + len(speed)} scalars")


if __name__ == "__main__":
  main(sys.argv[1])
