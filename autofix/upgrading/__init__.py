"""
Moving a project to another Nakama: its files, then the loop, then a commit if asked.

``projectmoves`` reads the files and plans the edits (``autofix.core.moving`` makes
them), ``upgrade`` runs the ordinary loop over them, ``delivering`` puts the change into
the project or, through ``commits``, on a branch. ``raising`` leaves the Nakama as it is
and raises what the server does not dictate: ``choosing`` says to which versions,
``trying`` which of them start together, ``raisedelivery`` what became of each.
"""
