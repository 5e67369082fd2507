package ordertest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/entrustment"
	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/payment"
	"github.com/tradesurety/surety/order/reservation"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/seller"
	"github.com/tradesurety/surety/order/trade"
)

// block is an event or an error as lines of text.
type block []string

// keys matches the quoted key of a line of JSON.
var keys = regexp.MustCompile(`^( *)"(\w+)":`)

// blockOf returns the wire name of an event and its JSON, one field per line.
func blockOf(event any) block {
	name, data, err := encodeEvent(event)
	if err != nil {
		return block{fmt.Sprintf("%T is no event: %v", event, err)}
	}
	var b bytes.Buffer
	if err := json.Indent(&b, data, "  ", "  "); err != nil {
		return block{name, "  " + string(data)}
	}
	lines := block{name}
	for line := range strings.SplitSeq(b.String(), "\n") {
		// The outer braces carry no information.
		if trimmed := strings.TrimRight(line, "\n"); trimmed != "{" && trimmed != "  }" && trimmed != "{}" {
			lines = append(lines, keys.ReplaceAllString(strings.TrimSuffix(trimmed[2:], ","), "$1$2:"))
		}
	}
	return lines
}

func blocksOf[E any](list []E) []block {
	blocks := make([]block, 0, len(list))
	for _, e := range list {
		blocks = append(blocks, blockOf(e))
	}
	return blocks
}

// encodeEvent returns the wire name and the JSON of an event of any aggregate.
func encodeEvent(event any) (name string, data []byte, err error) {
	switch e := event.(type) {
	case order.Event:
		name, _, data, err = order.EncodeEvent(nil, e)
	case seller.Event:
		name, _, data, err = seller.EncodeEvent(nil, e)
	case entrustment.Event:
		name, _, data, err = entrustment.EncodeEvent(nil, e)
	case credit.Event:
		name, _, data, err = credit.EncodeEvent(nil, e)
	case paylater.Event:
		name, _, data, err = paylater.EncodeEvent(nil, e)
	case funds.Event:
		name, _, data, err = funds.EncodeEvent(nil, e)
	case payment.Event:
		name, _, data, err = payment.EncodeEvent(nil, e)
	case reservation.Event:
		name, _, data, err = reservation.EncodeEvent(nil, e)
	default:
		err = errors.New("it belongs to no aggregate")
	}
	return name, data, err
}

// blockOfError returns an error as lines: a refusal field by field, any other error as its text.
func blockOfError(err error) block {
	var no *trade.Refusal
	if !errors.As(err, &no) {
		return block{fmt.Sprintf("error %v", err)}
	}
	b := block{"refused by " + string(no.Rule), "  " + no.Text(rule.English)}
	if !no.Missing.IsZero() {
		b = append(b, "  missing "+no.Missing.String())
	}
	if !no.Earliest.IsZero() {
		b = append(b, "  earliest "+no.Earliest.Format(time.RFC3339Nano))
	}
	if !no.Deadline.IsZero() {
		b = append(b, "  deadline "+no.Deadline.Format(time.RFC3339Nano))
	}
	return b
}

// maxColumn is the width at which a line is wrapped.
const maxColumn = 58

// sideBySide returns a diff in two columns: the wanted blocks and those that the test got. A mark between the
// columns shows each line that differs.
func sideBySide(want, got []block) string {
	left, right := layOut(want, got)
	width := len("wanted")
	for _, line := range left {
		width = max(width, utf8.RuneCountInString(line))
	}
	var b strings.Builder
	row := func(l, mark, r string) {
		pad := strings.Repeat(" ", width-utf8.RuneCountInString(l))
		b.WriteString(strings.TrimRight("  "+l+pad+" "+mark+" "+r, " ") + "\n")
	}
	row("wanted", " ", "got")
	for i := range left {
		mark := "|"
		if left[i] != right[i] {
			mark = "!"
		}
		row(left[i], mark, right[i])
	}
	return b.String()
}

// layOut wraps long lines and gives both columns of each block the same number of lines.
func layOut(want, got []block) (left, right []string) {
	nothing := block{"nothing"}
	if len(want) == 0 {
		want = []block{nothing}
	}
	if len(got) == 0 {
		got = []block{nothing}
	}
	for i := range max(len(want), len(got)) {
		var l, r block
		if i < len(want) {
			l = want[i]
		}
		if i < len(got) {
			r = got[i]
		}
		for _, p := range alignFields(l, r) {
			above, below := wrapped(p[0]), wrapped(p[1])
			for n := range max(len(above), len(below)) {
				left, right = append(left, lineAt(above, n)), append(right, lineAt(below, n))
			}
		}
	}
	return left, right
}

// alignFields pairs the lines of two blocks by field, also where one block lacks a field that the other has.
func alignFields(l, r block) (list [][2]string) {
	for len(l) > 0 || len(r) > 0 {
		switch {
		case len(r) == 0 || len(l) > 0 && keyOf(l[0]) != keyOf(r[0]) && !hasKey(r, l[0]):
			list, l = append(list, [2]string{l[0], ""}), l[1:]
		case len(l) == 0 || keyOf(l[0]) != keyOf(r[0]) && hasKey(r, l[0]):
			list, r = append(list, [2]string{"", r[0]}), r[1:]
		default:
			list, l, r = append(list, [2]string{l[0], r[0]}), l[1:], r[1:]
		}
	}
	return list
}

// keyOf returns the key of a line, or "" for a line that is no field.
func keyOf(line string) string {
	key, _, ok := strings.Cut(line, ":")
	if !ok {
		return ""
	}
	return key
}

func hasKey(b block, line string) bool {
	return slices.ContainsFunc(b, func(x string) bool { return keyOf(x) == keyOf(line) })
}

func lineAt(lines []string, n int) string {
	if n < len(lines) {
		return lines[n]
	}
	return ""
}

// wrapped splits a line into lines that fit the column.
func wrapped(line string) (lines []string) {
	runes := []rune(line)
	for len(runes) > maxColumn {
		cut := maxColumn
		for i := maxColumn; i > maxColumn/2; i-- {
			if runes[i] == ' ' {
				cut = i
				break
			}
		}
		lines = append(lines, string(runes[:cut]))
		runes = append([]rune("    "), []rune(strings.TrimLeft(string(runes[cut:]), " "))...)
	}
	return append(lines, string(runes))
}
