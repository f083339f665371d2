"""The doorbell's wiring as data: read, judged, and drawn, without any board.

    wiring.toml -> load -> model -> circuit -> lint (pinrules, levels, currents, barriers)
                                 -> diagram, page (SVG and Markdown)

`python -m latchkey_pi.wiring wiring.toml` judges a file, `--into FOLDER` also draws it. `header` knows the 40
pins, and is of use to whatever talks about them. `casedrawing` draws the case from the meshes of its parts.
"""
