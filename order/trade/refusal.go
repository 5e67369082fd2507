package trade

import (
	"fmt"
	"strings"
	"time"

	"github.com/tradesurety/surety/order/rule"
)

// Refusal says which rule refused which command in which phase. A refused command changes nothing.
// errors.Is finds its Rule.
type Refusal struct {
	Rule    rule.ID
	Command string // the wire name of the command, such as "mark-shipped"
	// Phase is the phase of what the command addressed, such as "ready-to-ship". It is empty if the
	// command is refused for the actor's role or because the actor is not a party: see ByActor.
	Phase string
	// Missing is the amount that is missing; the zero Money if none is.
	Missing Money
	// Earliest is the instant from which the same command could be accepted; zero if none is known.
	Earliest time.Time
	// Deadline is the instant before which the command would have been accepted; zero if there
	// was none.
	Deadline time.Time
	// Field is the field of the command that the rule speaks of, as its JSON names it, such as
	// "terms.initial"; it is empty if the rule speaks of none.
	Field string

	english, chinese string
	instead          bool // the reason replaces the rule's sentence
}

// Refuse returns the refusal of that command in that phase.
func Refuse(ruleID rule.ID, command, phase string) *Refusal {
	return &Refusal{Rule: ruleID, Command: command, Phase: phase}
}

// ByActor reports whether the command is not the actor's to issue, by role or because the actor is
// not a party. The answer is then the same whatever the store holds, and has no phase (D64).
func (r *Refusal) ByActor() bool { return r.Phase == "" }

// Because sets the reason in this case, in both languages. The arguments are formatted into each of
// them, so formats index them: %[1]s.
func (r *Refusal) Because(english, chinese string, args ...any) *Refusal {
	return r.Says(fmt.Sprintf(english, args...), fmt.Sprintf(chinese, args...))
}

// Says sets the reason in this case, in both languages, without formatting.
func (r *Refusal) Says(english, chinese string) *Refusal {
	r.english, r.chinese = english, chinese
	return r
}

// Instead sets the reason in both languages for a refusal that the sentence of its rule does not
// explain: Text leaves that sentence out.
func (r *Refusal) Instead(english, chinese string) *Refusal {
	r.instead = true
	return r.Says(english, chinese)
}

// Short sets the amount that is missing.
func (r *Refusal) Short(missing Money) *Refusal { r.Missing = missing; return r }

// From sets the instant from which the command could be accepted.
func (r *Refusal) From(earliest time.Time) *Refusal { r.Earliest = earliest; return r }

// Until sets the instant before which the command would have been accepted.
func (r *Refusal) Until(deadline time.Time) *Refusal { r.Deadline = deadline; return r }

// On sets the field of the command that the rule speaks of.
func (r *Refusal) On(field string) *Refusal { r.Field = field; return r }

// Reason returns the reason in this case, or "" if the rule's sentence is all.
func (r *Refusal) Reason(lang rule.Lang) string {
	if lang == rule.Chinese {
		return r.chinese
	}
	return r.english
}

// Text returns the rule's sentence and this case: the reason, the missing amount, the instants.
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

// Error returns rule, command, phase if there is one, and the English text.
func (r *Refusal) Error() string {
	if r.ByActor() {
		return fmt.Sprintf("refused by %s: %s: %s", string(r.Rule), r.Command, r.Text(rule.English))
	}
	return fmt.Sprintf("refused by %s: %s in phase %s: %s", string(r.Rule), r.Command, r.Phase, r.Text(rule.English))
}

// Unwrap returns the Rule. There is no other cause: an input that a rule refuses is not an
// *InvalidError as well.
func (r *Refusal) Unwrap() error { return r.Rule }

// upperFirst returns a sentence with a capital at its beginning, where its script has capitals.
func upperFirst(s string) string {
	if s == "" || s[0] < 'a' || s[0] > 'z' {
		return s
	}
	return string(s[0]-'a'+'A') + s[1:]
}
