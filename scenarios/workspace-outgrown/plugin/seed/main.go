// Command seed prints the names of the bots.
package main

import "fmt"

func main() {
	fmt.Println("ada", "grace")
}
