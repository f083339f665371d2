"""A scene that is played in a moment, for tests of what plays scenes."""

QUICK_SCENE = """schema = 1
name = "Quick"
about = "Somebody comes up, rings and is gone"
seconds = 8
fps = 5
size = [320, 180]

[[actor]]
kind = "person"
name = "visitor"
face = "drawn"
course = [
  { at = 1, place = "right" },
  { at = 3, place = "path" },
  { at = 4, place = "beside" },
  { at = 7, place = "right" },
]
rings = [4]

[settings.recording]
pre_roll_s = 0.6
post_roll_s = 1.0

[[expect]]
event = "ring"
at = 4
for = 1
"""
