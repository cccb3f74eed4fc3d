module git.studio.example/studio/seasons.git

go 1.26.3
