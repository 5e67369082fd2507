package ordertest

import (
	"errors"
	"fmt"
	"regexp"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/trade"
)

// notForPeople matches what no text for people may contain: the name of a Go package or function before a colon, a Go
// type, a formatting fault, the position "byte 0" in an input.
var notForPeople = regexp.MustCompile(`(^|: )(order|trade|rule|desk|events|seller|credit|entrustment|paylater|funds|payment|wire|json|strconv\.\w+|time|hex|uuid|parsing \w+): ` +
	`|%!|\*?\b(trade|order|wire|json|time)\.[A-Z]|\bbyte 0\b`)

// faultOf returns what is wrong with the error of a command, or "": an error must be of one family, malformed input
// must name its field, and a refusal must give its rule in both languages.
func faultOf(err error) string {
	var (
		bad   *trade.InvalidError
		long  *events.BoundsError
		no    *trade.Refusal
		early *trade.EarlyError
		moved *events.ConflictError
		lost  *events.CorruptError
	)
	malformed, refused := errors.As(err, &bad), errors.As(err, &no)
	families := 0
	for _, is := range []bool{
		malformed || errors.As(err, &long), refused, errors.As(err, &early), errors.As(err, &moved), errors.As(err, &lost),
		errors.Is(err, events.ErrUnknownOutcome),
	} {
		if is {
			families++
		}
	}
	if families > 1 {
		return fmt.Sprintf("it is of %d families", families)
	}
	var texts []string
	if early != nil {
		texts = append(texts, early.Error(), early.Text(rule.Chinese))
	}
	if malformed {
		texts = append(texts, err.Error(), bad.Reason)
		if bad.Field == "" || bad.Reason == "" {
			return "it does not name field and reason"
		}
	}
	if refused {
		for _, lang := range []rule.Lang{rule.English, rule.Chinese} {
			texts = append(texts, no.Text(lang), no.Reason(lang))
			if no.Rule.Text(lang) == "" || no.Text(lang) == "" || (no.Reason(lang) == "") != (no.Reason(rule.English) == "") {
				return fmt.Sprintf("it does not say enough in %s", lang)
			}
		}
		if no.Command == "" {
			return "it does not name the command"
		}
	}
	for _, text := range texts {
		if odd := notForPeople.FindString(text); odd != "" {
			return fmt.Sprintf("%q is not for people: %s", odd, text)
		}
	}
	return ""
}
