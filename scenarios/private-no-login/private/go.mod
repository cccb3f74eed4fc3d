module git.studio.invalid/studio/ranks

go 1.26.5
