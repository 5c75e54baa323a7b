#pragma once

// How long a cluster may take for what it owes once all is healed. Who takes longer is accused.

#include <chrono>

#include "starling/options.h"

#include "base/time.h"

namespace starling::sim {

// Longer than the longest deadline and the longest pause together.
inline constexpr Duration kDrainMax = std::chrono::seconds(30);
// From all healed to all ready: connections are tried again every 300 ms at most.
inline constexpr Duration kReadyMax = std::chrono::seconds(20);
// Who is ready has told all others by then.
inline constexpr Duration kWordOfMouth = std::chrono::seconds(2);
// The longest life of a request, from when the damage was met, and a few attempts.
inline constexpr Duration kMendMax = kTimeoutMax + std::chrono::seconds(33);
// Moves of all rows, three steps each, a few at a time.
inline constexpr Duration kChangesMax = std::chrono::seconds(180);
// Between two steps at most, once all is healed: another proposer stands by for five seconds.
inline constexpr Duration kStepsApart = std::chrono::seconds(8);
// Some attempts to be named again, and then a filling and a step of each row.
inline constexpr Duration kReturnMax = std::chrono::seconds(120);
// Pages are tiny, but few; a source that failed is asked again within ten seconds.
inline constexpr Duration kFillsMax = std::chrono::seconds(60);
// A few commits; what could not be read is tried again after ten seconds.
inline constexpr Duration kRemovalsMax = std::chrono::seconds(30);
// Hints come home within moments; one that was stuck is tried again after ten seconds.
inline constexpr Duration kHintsMax = std::chrono::seconds(30);
// A few failed attempts and the looks at what differs; the pause behind a failure doubles.
inline constexpr Duration kAgreeMax = std::chrono::seconds(60);
// Two looks at what differs, each a few seconds, and an earlier run that has to end.
inline constexpr Duration kOrderMax = std::chrono::seconds(90);
// Read repair behind the answer, at the speed of a healthy cluster.
inline constexpr Duration kRepairMax = std::chrono::seconds(5);
// A message to a replica, and a commit there.
inline constexpr Duration kRepairPause = std::chrono::milliseconds(200);

// A turn of whoever may propose it, for each of the two steps behind the last hint.
inline constexpr Duration kDeparturesMax = std::chrono::seconds(60);

}  // namespace starling::sim
