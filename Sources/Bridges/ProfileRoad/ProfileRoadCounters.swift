/// What one road has done since it was made; read on its loop.
package struct ProfileRoadCounters: Sendable, Equatable {
    /// Answered from the loop-local cache.
    package var cacheHits: UInt64 = 0
    /// People read from Redis, and what became of it.
    package var storeHits: UInt64 = 0
    package var storeMisses: UInt64 = 0
    /// Of an older or a newer form.
    package var storeOtherVersions: UInt64 = 0
    package var storeDamaged: UInt64 = 0
    package var storeFailures: UInt64 = 0
    /// MGETs that carried the reads, or would have, were Redis not left alone.
    package var storeReads: UInt64 = 0
    package var storeWrites: UInt64 = 0
    package var storeWriteFailures: UInt64 = 0
    /// Writes that found another's, and were joined with it.
    package var storeConflicts: UInt64 = 0
    /// Questions that were put for this road and have come back.
    package var roleQuestions: UInt64 = 0
    package var roleAnswers: UInt64 = 0
    /// No answer, or a status that says nothing about the person.
    package var roleFailures: UInt64 = 0
    /// Answered with something that must not be believed.
    package var roleMalformed: UInt64 = 0
    /// Not asked: held, paused, or the queue full.
    package var roleRefused: UInt64 = 0
    /// Not asked, because another road had asked already.
    package var roleJoined: UInt64 = 0
    package var answers: UInt64 = 0
    package var degradedAnswers: UInt64 = 0

    package init() {}
}
