package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tradesurety/surety/events"
	"github.com/tradesurety/surety/order/desk"
	"github.com/tradesurety/surety/projection"
	"github.com/tradesurety/surety/projection/assurance"
)

// limits bound the resources that a client can use.
type limits struct {
	body    int64         // bytes of the body of a request
	header  time.Duration // for the header of a request to arrive
	read    time.Duration // for all of it
	write   time.Duration // for a client to receive an answer, or an event of a stream
	idle    time.Duration // without a request on a connection
	command time.Duration // for a command to be executed, or a list to be made
	drain   time.Duration // for the running requests when the service stops
	conns   int64         // connections at a time
	streams int           // streams of events at a time

	heartbeat time.Duration // of silence on a stream
	poll      time.Duration // between looks for events of other instances
	tick      time.Duration // between looks for due deadlines
	again     time.Duration // before a stopped board is restarted
}

func defaults() limits {
	return limits{
		body: 256 << 10, header: 5 * time.Second, read: 15 * time.Second, write: 15 * time.Second, idle: time.Minute,
		command: 5 * time.Second, drain: 15 * time.Second, conns: 1000, streams: 100,
		heartbeat: 15 * time.Second, poll: 250 * time.Millisecond, tick: time.Second, again: 2 * time.Second,
	}
}

// service answers requests from a log and its views, which the caller closes.
type service struct {
	log          events.Store
	views        projection.Store
	view         *projection.View
	rebuild      bool // build the board anew if it is of another history than the log
	board        *assurance.Board
	desk         *desk.Desk
	authenticate Authenticate
	logger       *slog.Logger
	limits       limits
	mux          *http.ServeMux
	health       health
	conns        atomic.Int64
	streams      chan struct{}   // holds one token for each stream
	forked       chan error      // has the first error by which the log was found on another history
	stopping     context.Context // ends when the streams have to end
	stop         context.CancelFunc
}

func newService(log events.Store, views projection.Store, who Authenticate, sources desk.Sources, logger *slog.Logger, l limits) (*service, error) {
	d, err := desk.New(log, desk.WithSources(sources), desk.WithTimeout(l.command), desk.WithLogger(logger))
	if err != nil {
		return nil, err
	}
	s := &service{
		log: log, views: views, view: assurance.BoardView(), board: assurance.NewBoard(views),
		desk:         d,
		authenticate: who, logger: logger, limits: l, mux: http.NewServeMux(),
		health: health{state: building, ofLog: make(chan struct{})}, streams: make(chan struct{}, l.streams), forked: make(chan error, 1),
	}
	s.stopping, s.stop = context.WithCancel(context.Background())
	s.route()
	return s, nil
}

// serve answers on a listener until ctx ends. Then it accepts no more requests, finishes the running
// ones, ends the streams, and at last the background work. Acknowledged commands are in the log; for
// all others the client gets the outcome by a retry.
//
// It ends in the same way, with the *events.ForkError or *projection.LogError, when the log or its views
// are found to be on another history: what this process has answered and remembers is not of this log.
func (s *service) serve(ctx context.Context, listener net.Listener) error {
	server := &http.Server{
		Handler: s, ConnState: s.count, MaxHeaderBytes: 16 << 10, ErrorLog: slog.NewLogLogger(s.logger.Handler(), slog.LevelWarn),
		ReadHeaderTimeout: s.limits.header, ReadTimeout: s.limits.read, IdleTimeout: s.limits.idle,
		WriteTimeout: s.limits.read + s.limits.command + s.limits.write,
	}
	server.RegisterOnShutdown(s.stop)
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var background sync.WaitGroup
	background.Go(func() { s.runBoard(work) })
	background.Go(func() { s.tick(work) })
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()

	var err error
	select {
	case err = <-served:
	case <-ctx.Done():
		s.logger.Info("stopping")
	case err = <-s.forked:
		s.logger.Error("another history: nothing is executed, the service ends; is this log the one to go on with?", "error", err)
	}
	drain, done := context.WithTimeout(work, s.limits.drain)
	defer done()
	if late := server.Shutdown(drain); late != nil {
		err = errors.Join(err, late, server.Close())
	}
	cancel()
	background.Wait()
	return err
}

// count closes a connection beyond the limit at once, so that its client can try another instance
// without waiting.
func (s *service) count(c net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		if s.conns.Add(1) > s.limits.conns {
			_ = c.Close()
		}
	case http.StateClosed, http.StateHijacked:
		s.conns.Add(-1)
	}
}

// tick executes the commands of due deadlines until ctx ends. Other instances may do the same.
func (s *service) tick(ctx context.Context) {
	ticker := time.NewTicker(s.limits.tick)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.C:
			if _, err := s.desk.Tick(ctx, now); err != nil && ctx.Err() == nil {
				s.seen(err)
				s.logger.Error("tick", "error", err)
			}
		}
	}
}
