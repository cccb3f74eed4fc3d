module git.studio.example/studio/rules.git

go 1.26.3

require github.com/gofrs/uuid/v5 v5.5.1
