package storetest

// Cases returns the promises that Run checks, in the order of the comment of events.Store.
func Cases() []Case {
	return []Case{
		{"AllOrNone", "A commit is all or none across its streams.", allOrNone, anyStore},
		{"ExactVersions", "Each batch names the exact version its caller saw;", exactVersions, anyStore},
		{"GuardsHold", "a batch without events is a guard;", guardsHold, anyStore},
		{"GuardsAloneWriteNothing", "a commit of guards alone writes nothing.", guardsAloneWriteNothing, anyStore},

		{"OneWriterWins", winner, oneWriterWins, anyStore},
		{"Linearizable", winner, linearizable, anyStore},
		{"SecondHandle", winner, secondHandle, aSecond},

		{"RetryIsHarmless", "A retry is harmless.", retryIsHarmless, anyStore},
		{"OneEffectPerCommand", "A store keeps at most one commit per ID", oneEffectPerCommand, anyStore},
		{"IDBeforeVersion", "checks the ID before any version:", idBeforeVersion, anyStore},
		{"OtherContentRefused", "with another Digest a *DuplicateError.", otherContentRefused, anyStore},

		{"SurvivesReopen", "What was acknowledged is durable, at the level that Durability reports.", survivesReopen, aReopen},
		{"DurabilityIsHonest", "What was acknowledged is durable, at the level that Durability reports.", durabilityIsHonest, anyStore},

		{"GroupMembersIndependent", "The members of AppendEach are decided in order and independently of each other,", groupMembersIndependent, anyStore},
		{"LaterBuildsOnEarlier", "a later member may build on an earlier one,", laterBuildsOnEarlier, anyStore},
		{"GroupAgreesWithModel", "one that fails changes nothing for the others.", groupAgreesWithModel, anyStore},
		{"LargeGroups", "A group over MaxGroup members, MaxGroupEvents events or MaxGroupBytes bytes is decided in several transactions, in order.", largeGroups, anyStore},
		{"ManyAtOnce", "Concurrent calls of Append are grouped the same way.", manyAtOnce, anyStore},

		{"ReadInOrder", "Read yields a stream in version order without holes.", readInOrder, anyStore},
		{"ReadAllInOrder", "ReadAll yields in position order up to the last settled position and never waits:", readAllInOrder, anyStore},
		{"ReadAllNeverSkips", "it never yields a record while an earlier one may still be committed, never skips one,", readAllNeverSkips, anyStore},
		{"CommitsAppearWhole", "when it can yield one record of a commit it can yield them all.", commitsAppearWhole, anyStore},
		{"ReadAllFilters", "ReadAll yields the records that pass the filter and whose position is higher than after,", readAllFilters, anyStore},
		{"AppendInsideLoop", "No connection, lock or transaction is held while the body of the caller's loop runs.", appendInsideLoop, anyStore},
		{"BreakFromLoop", "No connection, lock or transaction is held while the body of the caller's loop runs.", breakFromLoop, anyStore},

		{"BytesKept", "Stored bytes are kept: Type, Schema, At, Meta and Data come back as they were given.", bytesKept, anyStore},
		{"CallerKeepsItsBytes", "Stored bytes are kept: Type, Schema, At, Meta and Data come back as they were given.", callerKeepsItsBytes, anyStore},
		{"DigestKept", "A store that returns Digests returns each with the first record of its commit, and only there.", digestKept, anyStore},

		{"Bounds", bounded, bounds, anyStore},
		{"StreamAlphabet", bounded, streamAlphabet, anyStore},
		{"HostileQuestions", "ReadAll yields the records that pass the filter and whose position is higher than after,", hostileQuestions, anyStore},

		{"LinksCoverTheLog", "A store that is a Marker extends one sum over its whole log with each transaction.", linksCoverTheLog, aMarker},
		{"MarksAreFound", "Mark returns the first link at or after a position, or the last link of a log that ends before it.", marksAreFound, aMarker},
		{"ReadFromCursor", "It moves c to a record before it yields the record,", readFromCursor, aMarker},
		{"ReadFromNeverSkips", "ReadFrom yields what ReadAll yields after c.Position,", readFromNeverSkips, aMarker},

		{"CancelledBefore", "the plain ctx.Err() of a caller who was cancelled while waiting in the queue,", cancelledBefore, anyStore},
		{"CancelledWhileQueued", "There are three outcomes.", cancelledWhileQueued, anyStore},
		{"NotKnownIsFinal", `"Not known" is final.`, notKnownIsFinal, anyStore},
		{"ChecksGuardsBeside", "CheckGuards answers a commit of guards from a state of the log at some instant during the call and never waits for a writer:", checksGuardsBeside, aGuardChecker},
		{"LookupKnown", "Lookup returns the first receipt of a known commit ID, and whether it is known.", lookupKnown, anyStore},
		{"SettledMoves", "Settled returns the last position up to which ReadAll yields now:", settledMoves, anyStore},
		{"ClosedRefuses", "Every call that comes after it, and every caller that still waits in the queue, gets ErrClosed.", closedRefuses, anyStore},
		{"CloseFinishes", "Close lets the running group finish and releases what the store holds.", closeFinishes, anyStore},
		{"SignalsChange", "Changed returns a channel that is closed after the next commit that this process makes through the store, or when the store is closed.", signalsChange, aSignaler},
		{"SnapshotsAreHints", "It keeps one per stream and fold; an older one never replaces a newer one.", snapshotsAreHints, snapshots},
	}
}

const (
	winner  = "Of the commits that name the same version of a stream, one is applied; the others get a *ConflictError with the stream, the version they named and the current version."
	bounded = "What is beyond the bounds of this package is refused with a *BoundsError before anything is written."
)
