package order_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/tradesurety/surety"

// imports returns what go list says that packages of this module import.
func imports(t *testing.T, format string, patterns ...string) map[string][]string {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list", "-e", "-f", "{{.ImportPath}} {{join " + format + " \" \"}}"}, patterns...)...)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	found := make(map[string][]string)
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		found[fields[0]] = fields[1:]
	}
	return found
}

// TestNoDriver builds on package order alone: no database and no message broker comes with it.
func TestNoDriver(t *testing.T) {
	deps := imports(t, ".Deps", module+"/order")[module+"/order"]
	if !slices.Contains(deps, module+"/events") {
		t.Fatalf("the dependencies are %v", deps)
	}
	for _, dep := range deps {
		for _, driver := range []string{"sqlite", "pgx", "nats", "events/memory", "events/postgres"} {
			if strings.Contains(dep, driver) {
				t.Errorf("package order pulls in %s", dep)
			}
		}
		if dep == "database/sql" || dep == "net/http" {
			t.Errorf("package order pulls in %s", dep)
		}
	}
}

// TestImportsGoOneWay checks every import of the module.
func TestImportsGoOneWay(t *testing.T) {
	const order, events = module + "/order", module + "/events"
	all := imports(t, ".Imports", module+"/...")
	if len(all) < 5 {
		t.Fatalf("the module has only %v", all)
	}
	for pkg, list := range all {
		for _, dep := range list {
			if !strings.HasPrefix(dep, module+"/") {
				continue
			}
			if reason := forbidden(strings.TrimPrefix(pkg, module+"/"), strings.TrimPrefix(dep, module+"/")); reason != "" {
				t.Errorf("%s imports %s: %s", pkg, dep, reason)
			}
		}
		usesLooplab := slices.ContainsFunc(list, func(dep string) bool { return strings.HasPrefix(dep, "github.com/looplab/") })
		if usesLooplab && pkg != order+"/machine" {
			t.Errorf("%s imports looplab, which only order/machine may", pkg)
		}
		if pkg == events {
			for _, dep := range list {
				if host, _, _ := strings.Cut(dep, "/"); strings.Contains(host, ".") && dep != "github.com/google/uuid" && !strings.HasPrefix(dep, module+"/") {
					t.Errorf("package events imports %s", dep)
				}
			}
		}
	}
}

// forbidden returns why a package may not import another of the module, or nothing.
func forbidden(pkg, dep string) string {
	room := func(s string) string { first, _, _ := strings.Cut(s, "/"); return first }
	switch {
	case room(pkg) == "events" && room(dep) != "events":
		return "the log knows nothing of what is written to it"
	case room(pkg) == "order" && room(dep) != "order" && room(dep) != "events":
		return "orders know the log and nothing above"
	case room(pkg) == "projection" && room(dep) == "examples":
		return "nothing builds on examples"
	case pkg == "order/rule":
		return "the rule book knows nothing of ours"
	case pkg == "order/trade" && dep != "order/rule":
		return "the shared words know only the rule book"
	case pkg == "order/machine" && dep != "order/rule" && dep != "order/trade":
		return "the machine knows only the rule book and the shared words"
	case aggregate(pkg) && room(dep) == "order" && !words(dep) && (pkg == "order" || dep != "order"):
		return "an aggregate knows the shared words, and the others the assurance order"
	case pkg == "events" && dep != "events" && !strings.HasPrefix(dep, "events/internal/"):
		return "the log is below its stores"
	case adapter(pkg) && adapter(dep) && dep != pkg:
		return "stores do not know each other"
	case viewStore(dep) && !viewStore(pkg) && !strings.HasSuffix(pkg, "test") && room(pkg) != "examples":
		return "which store keeps the views is for the program to say, and for tests"
	}
	return ""
}

// aggregate reports whether a package is one kind of stream.
func aggregate(pkg string) bool {
	switch pkg {
	case "order", "order/seller", "order/entrustment", "order/credit", "order/paylater", "order/funds", "order/reservation":
		return true
	}
	return false
}

// words reports whether every aggregate may import a package of order.
func words(pkg string) bool {
	switch pkg {
	case "order/rule", "order/trade", "order/machine", "order/internal/wire":
		return true
	}
	return false
}

// adapter reports whether a package is a store.
func adapter(pkg string) bool {
	switch pkg {
	case "events/memory", "events/sqlite", "events/postgres":
		return true
	}
	return viewStore(pkg)
}

// viewStore reports whether a package is a store of views.
func viewStore(pkg string) bool {
	switch pkg {
	case "projection/memory", "projection/sqlite", "projection/postgres":
		return true
	}
	return false
}

// TestForbidden shows that the check can fail.
func TestForbidden(t *testing.T) {
	for _, c := range [][2]string{
		{"events", "order"}, {"events", "events/memory"}, {"order", "order/desk"}, {"order", "projection"}, {"order/machine", "order"},
		{"order/rule", "order/trade"}, {"order/trade", "order/machine"}, {"order/trade", "order"}, {"order/machine", "events"}, {"order", "order/seller"},
		{"order/seller", "order/credit"}, {"order/credit", "order/desk"}, {"order/paylater", "order/funds"}, {"order/reservation", "order/seller"},
		{"events/sqlite", "events/memory"}, {"events/memory", "order"},
		{"projection/sqlite", "events/sqlite"}, {"projection/postgres", "projection/sqlite"}, {"events/postgres", "projection/postgres"},
		{"projection", "projection/memory"}, {"projection/assurance", "projection/sqlite"}, {"projection/internal/readmodel", "projection/postgres"},
	} {
		if forbidden(c[0], c[1]) == "" {
			t.Errorf("%s may import %s", c[0], c[1])
		}
	}
	for _, c := range [][2]string{{"order/desk", "order"}, {"order", "events"}, {"projection", "order/desk"}, {"events/sqlite", "events"}, {"order", "order/internal/wire"},
		{"order/trade", "order/rule"}, {"order/machine", "order/trade"}, {"order", "order/trade"}, {"order/credit", "order"}, {"order/credit", "order/machine"}, {"order/desk", "order/funds"},
		{"projection/postgres", "projection"}, {"projection/projectiontest", "projection/memory"}, {"projection/internal/viewtest", "projection/sqlite"},
		{"examples/quickstart", "projection/sqlite"}, {"examples/quickstart", "events/sqlite"}} {
		if reason := forbidden(c[0], c[1]); reason != "" {
			t.Errorf("%s may not import %s: %s", c[0], c[1], reason)
		}
	}
}
