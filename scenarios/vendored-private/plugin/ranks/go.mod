module git.studio.invalid/studio/ranks

go 1.25
