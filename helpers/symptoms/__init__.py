"""Found by the symptom: each message that people paste, in the smallest lab that shows it.

``symptom("broken pipe")`` in a notebook, ``python3 -m helpers.symptoms "broken pipe"`` in a
shell. A family of rows has two files: its texts (``starting.toml``) and its plays
(``starting.py``), which are plain programs, one function a row.
"""

from helpers.symptoms.running import Shown, symptom

__all__ = ["Shown", "symptom"]
