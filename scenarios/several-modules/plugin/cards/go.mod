module example.com/games/cards

go 1.26.3

require github.com/gofrs/uuid/v5 v5.4.0
