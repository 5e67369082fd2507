package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/tradesurety/surety/order"
	"github.com/tradesurety/surety/order/credit"
	"github.com/tradesurety/surety/order/entrustment"
	"github.com/tradesurety/surety/order/funds"
	"github.com/tradesurety/surety/order/machine"
	"github.com/tradesurety/surety/order/paylater"
	"github.com/tradesurety/surety/order/reservation"
	"github.com/tradesurety/surety/order/rule"
	"github.com/tradesurety/surety/order/seller"
	"github.com/tradesurety/surety/order/trade"
)

// permit is a row of a table of commands, without its types.
type permit struct {
	command              string
	roles, phases, makes []string
	rules                []string
	frozen               bool
	facts                []string
	onlyFrozen           bool
}

func permits[P machine.Phase, K machine.Symbol](life *machine.Life[P, K]) (rows []permit) {
	for _, p := range life.Permits() {
		row := permit{command: p.Command, rules: []string{string(p.Rule)}, frozen: p.WhileFrozen}
		if p.ExceptRule != "" {
			row.rules = append(row.rules, string(p.ExceptRule))
		}
		row.roles, row.phases, row.makes, row.facts = texts(p.Roles), texts(p.Phases), texts(p.Makes), texts(p.Facts)
		row.onlyFrozen = p.OnlyFrozen
		rows = append(rows, row)
	}
	return rows
}

func texts[T fmt.Stringer](list []T) (words []string) {
	for _, v := range list {
		words = append(words, v.String())
	}
	return words
}

// aggregate is a kind of stream with its table of commands.
type aggregate struct {
	title, pkg, intro string
	freezes           bool // a dispute or a chargeback can freeze it
	rows              []permit
}

func aggregates() []aggregate {
	return []aggregate{
		{"Assurance orders", "order", "Addressed by `desk.OnOrder`.", true, permits(order.Life())},
		{"Sellers' services", "seller", "Addressed by `desk.OnSeller`.", false, permits(seller.Life())},
		{"Export entrustments", "entrustment", "Addressed by `desk.OnEntrustment`.", false, permits(entrustment.Life())},
		{"Assurance lines", "credit", "Addressed by `desk.OnLine`.", false, permits(credit.Life(credit.Assurance))},
		{"Pay-later orders", "paylater", "Addressed by `desk.OnPayLater`.", false, permits(paylater.Life())},
		{"Pay-later lines", "credit", "Addressed by `desk.OnQuota`.", false, permits(credit.Life(credit.PayLater))},
		{"Received funds", "funds", "Addressed by `desk.OnFunds`.", false, permits(funds.Life())},
		{"Numbers", "reservation", "Receiving accounts and declaration numbers. The desk alone reserves them.", false, permits(reservation.Life())},
	}
}

// commands returns COMMANDS.md.
func (s *sources) commands() ([]byte, error) {
	b := bytes.NewBufferString(madeBy + `# Commands

Every command of every kind of stream: its JSON, which role may issue it in which phases, which events
it may make, and which rules can refuse it. [RULES.md](RULES.md) has the rules.

An amount of money is written as "1234.50 USD", a number as "12.5", an instant as
"2026-03-04T09:00:00Z", an account as 1 to 64 of A-Z a-z 0-9 . _ @ + -. A field that is not marked as
optional is required. Only the desk, which is this library, issues the commands of the role "desk":
they go with a command on another stream, in the same commit.

A command that is not for the actor's role, or that the actor is no party to, is refused by the first
rule listed, without a phase (D64). An instant before the last event is refused by D61, but for facts.
The rules listed are those that the tables and the command's own decision name; what they delegate to
can refuse as well.
`)
	for _, a := range aggregates() {
		fmt.Fprintf(b, "\n## %s\n\n%s\n", a.title, a.intro)
		var done []string
		for _, row := range a.rows {
			if slices.Contains(done, row.command) {
				continue
			}
			done = append(done, row.command)
			if err := s.command(b, &a, row.command); err != nil {
				return nil, err
			}
		}
	}
	b.WriteString("\n## Policies\n\nWhat a platform may set. What applied to a stream is recorded in its events.\n")
	for _, p := range []struct {
		pkg   string
		start any
	}{{"order", *order.DefaultPolicy()}, {"paylater", *paylater.DefaultPolicy()}, {"funds", funds.DefaultPolicy()}} {
		if err := s.policy(b, p.pkg, reflect.ValueOf(p.start)); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), nil
}

// command writes one command of an aggregate.
func (s *sources) command(b *bytes.Buffer, a *aggregate, command string) error {
	typ, d := s.commandType(a.pkg, command)
	if d == nil {
		return fmt.Errorf("package %s has no type for the command %s", a.pkg, command)
	}
	fmt.Fprintf(b, "\n### %s\n\n%s\n\n", command, sentence(d.doc, typ, command))
	var makes, refuse []string
	frozen := true // while the command is not accepted, or the stream cannot be frozen yet
	for _, row := range a.rows {
		if row.command != command {
			continue
		}
		fact := ""
		if len(row.facts) > 0 {
			fact = "; a fact from " + strings.Join(row.facts, ", ")
		}
		if row.onlyFrozen {
			fact += "; only while a dispute or a chargeback is open"
		}
		fmt.Fprintf(b, "- Issued by %s, in %s%s.\n", strings.Join(row.roles, ", "), strings.Join(row.phases, ", "), fact)
		makes, refuse = union(makes, row.makes), union(refuse, row.rules)
		frozen = frozen && (row.frozen || !slices.ContainsFunc(row.phases, func(p string) bool { return p != "none" && p != "draft" }))
	}
	if a.freezes && !frozen {
		refuse = union(refuse, []string{string(rule.D29)})
	}
	if len(makes) > 0 {
		fmt.Fprintf(b, "- May make `%s`.\n", strings.Join(makes, "`, `"))
	} else {
		b.WriteString("- Makes no event.\n")
	}
	fmt.Fprintf(b, "- Refused by %s.\n", strings.Join(union(refuse, s.rules[name{a.pkg, typ}]), ", "))
	list, err := s.fields(a.pkg, d.expr, "")
	if err != nil {
		return fmt.Errorf("%s: %w", command, err)
	}
	if len(list) == 0 {
		b.WriteString("- Its JSON is `{}`.\n")
		return nil
	}
	b.WriteString("\n| Field | Type | |\n| --- | --- | --- |\n")
	for _, f := range list {
		doc := f.doc
		if f.optional {
			doc = strings.TrimSpace("optional. " + doc)
		}
		fmt.Fprintf(b, "| `%s` | %s | %s |\n", f.path, f.typ, cell(doc))
	}
	return nil
}

// commandType returns the type of a command by its wire name.
func (s *sources) commandType(pkg, command string) (string, *declared) {
	for n, d := range s.types {
		if _, decides := s.rules[n]; !decides || n.pkg != pkg {
			continue
		}
		wire, own := s.names[n]
		if !own {
			wire = wireName(n.typ)
		}
		if wire == command {
			return n.typ, d
		}
	}
	return "", nil
}

var words = regexp.MustCompile(`[A-Z]+[a-z0-9]*`)

// wireName returns the wire name of a type, such as mark-shipped.
func wireName(typ string) string {
	return strings.ToLower(strings.Join(words.FindAllString(typ, -1), "-"))
}

// sentence returns the comment of a command, with its wire name instead of the type's.
func sentence(doc, typ, command string) string {
	if rest, ok := strings.CutPrefix(doc, typ+" "); ok {
		return "`" + command + "` " + rest
	}
	return doc
}

func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }

func union(list, more []string) []string {
	for _, s := range more {
		if !slices.Contains(list, s) {
			list = append(slices.Clip(list), s)
		}
	}
	return list
}

var ruleIDs = regexp.MustCompile(`\b[ABD]\d{1,2}b?\b`)

// policy writes the settings of a policy with their defaults.
func (s *sources) policy(b *bytes.Buffer, pkg string, defaults reflect.Value) error {
	d := s.types[name{pkg, "Policy"}]
	if d == nil {
		return fmt.Errorf("package %s has no policy", pkg)
	}
	fmt.Fprintf(b, "\n### %s.Policy\n\n| Setting | Default | Rules | |\n| --- | --- | --- | --- |\n", pkg)
	for _, f := range d.expr.(*ast.StructType).Fields.List {
		doc := text(f.Doc)
		if doc == "" {
			doc = text(f.Comment)
		}
		for _, n := range f.Names {
			v := defaults.FieldByName(n.Name)
			if !v.IsValid() || doc == "" {
				return fmt.Errorf("%s.Policy.%s has no default or no comment", pkg, n.Name)
			}
			fmt.Fprintf(b, "| `%s` | %s | %s | %s |\n", n.Name, setting(v, doc), strings.Join(union(nil, ruleIDs.FindAllString(doc, -1)), ", "), cell(doc))
		}
	}
	return nil
}

// stated is the default as the comment of a setting has it, behind the rules.
var stated = regexp.MustCompile(`\([ABD\d, b]+; ([^)]+)\)`)

// setting returns the default of a setting for people.
func setting(v reflect.Value, doc string) string {
	switch x := v.Interface().(type) {
	case time.Duration:
		if x != 0 && x%(24*time.Hour) == 0 {
			return fmt.Sprint(int(x/(24*time.Hour)), " d")
		}
		return x.String()
	case trade.Money:
		if x.IsZero() {
			return "none"
		}
	}
	switch {
	case v.Kind() == reflect.Uint8 && stated.MatchString(doc):
		return stated.FindStringSubmatch(doc)[1]
	case v.Kind() == reflect.Func && v.IsNil():
		return "none"
	case v.Kind() == reflect.Func:
		return "built in"
	case v.Kind() == reflect.Bool && v.Bool():
		return "on"
	case v.Kind() == reflect.Bool:
		return "off"
	case v.Kind() == reflect.Map:
		return strings.TrimSuffix(strings.TrimPrefix(fmt.Sprint(v.Interface()), "map["), "]") // in the order of its keys
	}
	return fmt.Sprint(v.Interface())
}
