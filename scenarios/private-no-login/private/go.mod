module git.studio.invalid/studio/ranks.git

go 1.26.5
