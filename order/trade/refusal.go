package trade

import (
	"fmt"
	"strings"
	"time"

	"github.com/tradesurety/surety/order/rule"
)

// Refusal is a business no: which rule refused which command in which phase. A refused
// command changes nothing. errors.Is finds its Rule.
type Refusal struct {
	Rule    rule.ID
	Command string // the wire name of the command, such as "mark-shipped"
	Phase   string // the phase of what it addressed, such as "ready-to-ship"
	// Missing is the amount that is short, where one is.
	Missing Money
	// Earliest is the instant from which the same command could be accepted, where there is
	// one.
	Earliest time.Time
	// Deadline is the instant before which the command would have been accepted, where there
	// was one.
	Deadline time.Time
	// Err is the cause, where the refused part of the command was malformed: an *InvalidError.
	Err error

	english, chinese string
	instead          bool // the reason stands in for the rule's sentence
}

// Refuse makes the refusal of that command in that phase.
func Refuse(ruleID rule.ID, command, phase string) *Refusal {
	return &Refusal{Rule: ruleID, Command: command, Phase: phase}
}

// Because says what it was about this command, in both languages. The arguments are formatted
// into each of them, so formats index them: %[1]s.
func (r *Refusal) Because(english, chinese string, args ...any) *Refusal {
	return r.Says(fmt.Sprintf(english, args...), fmt.Sprintf(chinese, args...))
}

// Says says what it was about this command, in both languages, word for word.
func (r *Refusal) Says(english, chinese string) *Refusal {
	r.english, r.chinese = english, chinese
	return r
}

// Instead says in both languages why the command was refused, for a refusal that the sentence of
// its rule does not explain: Text then leaves that sentence out.
func (r *Refusal) Instead(english, chinese string) *Refusal {
	r.instead = true
	return r.Says(english, chinese)
}

// Short says how much is missing.
func (r *Refusal) Short(missing Money) *Refusal { r.Missing = missing; return r }

// From says from when on the command could be accepted.
func (r *Refusal) From(earliest time.Time) *Refusal { r.Earliest = earliest; return r }

// Until says before which instant the command would have been accepted.
func (r *Refusal) Until(deadline time.Time) *Refusal { r.Deadline = deadline; return r }

// With keeps the cause, for errors.As.
func (r *Refusal) With(err error) *Refusal { r.Err = err; return r }

// Reason returns what it was about this command, or "" if the rule says it all.
func (r *Refusal) Reason(lang rule.Lang) string {
	if lang == rule.Chinese {
		return r.chinese
	}
	return r.english
}

// Text returns the rule's text and what it was about this command: the reason, the missing
// amount, the instants.
func (r *Refusal) Text(lang rule.Lang) string {
	here, list, stop := " Here: ", "; ", "."
	missing, earliest, deadline := "missing ", "possible from ", "the deadline was "
	if lang == rule.Chinese {
		here, list, stop = "本次：", "；", "。"
		missing, earliest, deadline = "尚缺 ", "最早可于 ", "截止时间为 "
	}
	var about []string
	if s := r.Reason(lang); s != "" {
		about = append(about, s)
	}
	if !r.Missing.IsZero() {
		about = append(about, missing+r.Missing.String())
	}
	if !r.Earliest.IsZero() {
		about = append(about, earliest+r.Earliest.UTC().Format(time.RFC3339Nano))
	}
	if !r.Deadline.IsZero() {
		about = append(about, deadline+r.Deadline.UTC().Format(time.RFC3339Nano))
	}
	switch {
	case r.instead:
		return upperFirst(strings.Join(about, list)) + stop
	case len(about) == 0:
		return r.Rule.Text(lang)
	}
	return r.Rule.Text(lang) + here + strings.Join(about, list) + stop
}

// Error names rule, command and phase and gives the English text.
func (r *Refusal) Error() string {
	return fmt.Sprintf("refused by %s: %s in phase %s: %s", string(r.Rule), r.Command, r.Phase, r.Text(rule.English))
}

// Unwrap returns the Rule, and the cause if there is one.
func (r *Refusal) Unwrap() []error {
	if r.Err == nil {
		return []error{r.Rule}
	}
	return []error{r.Rule, r.Err}
}

// upperFirst returns a sentence with a capital at its beginning, where its script has capitals.
func upperFirst(s string) string {
	if s == "" || s[0] < 'a' || s[0] > 'z' {
		return s
	}
	return string(s[0]-'a'+'A') + s[1:]
}
