// Package pgtest gives tests a PostgreSQL server: a cluster of their own, in a temporary
// directory and without a network, or the one that SURETY_POSTGRES_DSN names, as a URL or as a
// list of keywords and values.
//
// A test binary calls Main from its TestMain and Cluster from its tests: the cluster is
// started once and shared, and every case uses a Schema of its own. A server that the tests did
// not start must let them in as a superuser. A test that stops or kills its server starts one
// with Start, and one with standbys with ThreeNodes; Pooler puts a pgbouncer before a server. A test without a server skips, and fails if SURETY_REQUIRE names postgres.
//
// See TestNothingIsLeft for the end of the processes.
package pgtest
