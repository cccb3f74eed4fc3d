package main

import (
	"go/types"
	"strings"
)

const (
	sameNameAndType = 4
	sameName        = 2
	sameType        = 1
)

// compareSignatures says where each new parameter and result was before.
func compareSignatures(api string, old, fresh *types.Signature) *change {
	oldTypes := canonTypes(old.Params(), old.Variadic())
	freshTypes := canonTypes(fresh.Params(), fresh.Variadic())
	oldNames, freshNames := names(old.Params()), names(fresh.Params())
	oldResults := canonTypes(old.Results(), false)
	freshResults := canonTypes(fresh.Results(), false)
	params := align(len(oldTypes), len(freshTypes), func(was, is int) int {
		named := oldNames[was] == freshNames[is] && !isBlank(freshNames[is])
		typed := oldTypes[was] == freshTypes[is]
		named = named && (typed || adaptable(
			oldTypes[was], freshTypes[is], old.Params().At(was).Type(), fresh.Params().At(is).Type()))
		switch {
		case named && typed:
			return sameNameAndType
		case named:
			return sameName
		case typed:
			return sameType
		}
		return 0
	})
	results := align(len(oldResults), len(freshResults), func(was, is int) int {
		if oldResults[was] == freshResults[is] {
			return sameType
		}
		return 0
	})
	return &change{
		api:         api,
		params:      params,
		results:     results,
		oldParams:   oldNames,
		oldTypes:    oldTypes,
		oldResults:  len(oldResults),
		oldVariadic: old.Variadic(),
	}
}

// adaptable tells whether what was given can be made to fit the new type: a function,
// a number, or several values where there is a slice now.
func adaptable(was, is string, old, fresh types.Type) bool {
	_, isFunction := old.Underlying().(*types.Signature)
	_, staysFunction := fresh.Underlying().(*types.Signature)
	gathered := strings.HasPrefix(was, "...") && is == "[]"+strings.TrimPrefix(was, "...")
	return isFunction && staysFunction || gathered || isNumber(old) && isNumber(fresh)
}

func names(each *types.Tuple) []string {
	var found []string
	for index := 0; index < each.Len(); index++ {
		found = append(found, each.At(index).Name())
	}
	return found
}

// align pairs two lists in order so that the sum of the scores is the highest.
func align(olds, news int, score func(was, is int) int) []int {
	best := make([][]int, olds+1)
	for was := range best {
		best[was] = make([]int, news+1)
	}
	for was := olds - 1; was >= 0; was-- {
		for is := news - 1; is >= 0; is-- {
			best[was][is] = max(best[was+1][is], best[was][is+1])
			if found := score(was, is); found > 0 {
				best[was][is] = max(best[was][is], found+best[was+1][is+1])
			}
		}
	}
	paired := make([]int, news)
	for is := range paired {
		paired[is] = -1
	}
	for was, is := 0, 0; was < olds && is < news; {
		found := score(was, is)
		switch {
		case found > 0 && best[was][is] == found+best[was+1][is+1]:
			paired[is] = was
			was, is = was+1, is+1
		case best[was][is] == best[was][is+1]:
			is++
		default:
			was++
		}
	}
	return paired
}

// kept tells whether every place holds what it held, and how many there were.
func kept(pairs []int, olds int) bool {
	if len(pairs) != olds {
		return false
	}
	for is, was := range pairs {
		if is != was {
			return false
		}
	}
	return true
}

// gone lists the old places that no new one has.
func gone(pairs []int, olds int) []int {
	has := make([]bool, olds)
	for _, was := range pairs {
		if was >= 0 {
			has[was] = true
		}
	}
	var found []int
	for was, held := range has {
		if !held {
			found = append(found, was)
		}
	}
	return found
}
