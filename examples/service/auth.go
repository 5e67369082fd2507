package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"

	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/order/trade"
)

// Authenticate returns the actor of a request from its credentials, never from its content. After an
// error the request is answered with 401. This is where a service puts its own authentication: a
// session, a signed token, a client certificate.
type Authenticate func(*http.Request) (trade.Actor, error)

var errUnknownToken = errors.New("the request has no known token")

// people is a table of bearer tokens, for trying the service. It keeps their digests, so that the time
// of a look-up reveals nothing about a token.
type people map[[sha256.Size]byte]trade.Actor

// readPeople reads a table of tokens: a JSON object of
//
//	"TOKEN": {"role": "buyer", "account": "b-1", "email": "verified@buyer.example"}
//
// where the role is buyer, seller or platform and the address may be missing. Without a file no
// token is known.
func readPeople(path string) (people, error) {
	if path == "" {
		return nil, nil
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var table map[string]trade.Actor
	d := json.NewDecoder(file)
	d.DisallowUnknownFields()
	if err := d.Decode(&table); err != nil {
		return nil, fmt.Errorf("tokens %s: %w", path, err)
	}
	known := make(people, len(table))
	for token, by := range table {
		if len(token) < 16 || strings.ContainsAny(token, " \t") || by.Role == trade.System || by.Role == trade.Desk || by.Account == "" {
			return nil, fmt.Errorf("tokens %s: each needs 16 characters without a space, the role buyer, seller or platform, and an account", path)
		}
		if err := by.Validate(); err != nil {
			return nil, fmt.Errorf("tokens %s: %w", path, err)
		}
		known[sha256.Sum256([]byte(token))] = by
	}
	return known, nil
}

// authenticate implements Authenticate.
func (p people) authenticate(r *http.Request) (trade.Actor, error) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	by, known := p[sha256.Sum256([]byte(token))]
	if !known || !strings.EqualFold(scheme, "Bearer") {
		return trade.Actor{}, errUnknownToken
	}
	return by, nil
}

// sources returns what a demonstration knows beside the log. A copy gives its own: who approves a
// certification, and which bank has the receiving accounts.
func (p people) sources() desk.Sources {
	s := desk.DemoSources()
	s.Match = p.match
	return s
}

// match returns the account of the buyer with that verified address: see desk.Sources.
func (p people) match(_ context.Context, e trade.Email) (trade.Account, error) {
	for _, by := range p {
		if by.Role == trade.Buyer && by.Email.Same(e) {
			return by.Account, nil
		}
	}
	return "", nil
}
