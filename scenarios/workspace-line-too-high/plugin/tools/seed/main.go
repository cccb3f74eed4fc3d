package main

import (
	"fmt"
	"log"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/structpb"
)

// main prints the first season's settings, to be pasted into the console.
func main() {
	season, err := structpb.NewStruct(map[string]any{"name": "first", "weeks": 12})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(protojson.Format(season))
}
