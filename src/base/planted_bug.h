#pragma once

// PlantedBug: the test switch by which the simulator shows that its checkers bite. Each names one
// classic mistake of a Dynamo-style store; the code asks for it at the one place where a correct
// line would be replaced by the mistaken one. The daemon never sets it.

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

namespace starling {

enum class PlantedBug : std::uint8_t {
  None,
  MintAtNonOwner,       // a coordinator that is no replica mints from an empty record, as one actor
  ReuseCounter,         // the incarnation survives the loss of what it had minted
  AckBeforeSync,        // a replica acknowledges before its batch is durable
  CorruptIsAbsent,      // a record that can not be read counts as one that never was
  DropSiblingOnMerge,   // a merge keeps one of two concurrent siblings
  WideContext,          // a put returns the whole record's context, values unseen
  RemintAfterStaleRow,  // a put that met a newer row is minted a second time
  SkipRepair,           // a read that saw a difference answers as if it had repaired it
  KeepIncarnation,      // a store error changes nothing for the mints that follow it
  AcceptRolledBack,     // an old copy of a store is confirmed by those who know better
  LaterSync,            // a sync that comes later is taken to reach back to earlier writes
  SkipDirectorySync,    // what was made in a directory is taken to stay made
  ForgetHintOnSending,  // a hint is deleted when it is sent, not when its home has it
  StandInAnswersReads,  // a stand-in is asked for an absent home, and what it lacks counts as
                        // absent
  StaleLeaf,            // a merge leaves the Merkle sum of its leaf as it was
  ForgetTracedAnswer,   // a trace does not show an answer that was counted
  DecideTwice,          // a voter accepts a configuration below what it has promised
  AdoptBeforeDurable,   // a node works by a configuration that is still on its way to the disk
  SnapshotBeforeAdoption,  // a source answers a sink before it has adopted the sink's row
  ForgetUnstoredPage,      // a sink's cursor is on disk before the page that it passed over
  CountBegunRepairs,       // of an ordered repair, what was begun counts as compared
  CountOneOfTwo,           // a slot that moves counts as written when one of its nodes stored
  CountTheLiving,          // a quorum is one of those owners that the failure detector holds for up
  SkipFence,  // a former reader is taken to know that it is read no more, though nobody asked it
  RemoveWhileMoving,  // a copy is removed by who is read no more, while the move may still go back
  AnswerUnfilled,     // reads are asked of a node that comes into a row before it has been filled
};

inline constexpr std::array<std::pair<std::string_view, PlantedBug>, 26> kPlantedBugs{{
    {"mint-at-non-owner", PlantedBug::MintAtNonOwner},
    {"reuse-counter", PlantedBug::ReuseCounter},
    {"ack-before-sync", PlantedBug::AckBeforeSync},
    {"corrupt-is-absent", PlantedBug::CorruptIsAbsent},
    {"drop-sibling-on-merge", PlantedBug::DropSiblingOnMerge},
    {"wide-context", PlantedBug::WideContext},
    {"remint-after-stale-row", PlantedBug::RemintAfterStaleRow},
    {"skip-repair", PlantedBug::SkipRepair},
    {"keep-incarnation", PlantedBug::KeepIncarnation},
    {"accept-rolled-back", PlantedBug::AcceptRolledBack},
    {"later-sync", PlantedBug::LaterSync},
    {"skip-directory-sync", PlantedBug::SkipDirectorySync},
    {"forget-hint-on-sending", PlantedBug::ForgetHintOnSending},
    {"stand-in-answers-reads", PlantedBug::StandInAnswersReads},
    {"stale-leaf", PlantedBug::StaleLeaf},
    {"forget-traced-answer", PlantedBug::ForgetTracedAnswer},
    {"decide-twice", PlantedBug::DecideTwice},
    {"adopt-before-durable", PlantedBug::AdoptBeforeDurable},
    {"snapshot-before-adoption", PlantedBug::SnapshotBeforeAdoption},
    {"forget-unstored-page", PlantedBug::ForgetUnstoredPage},
    {"count-begun-repairs", PlantedBug::CountBegunRepairs},
    {"count-one-of-two", PlantedBug::CountOneOfTwo},
    {"count-the-living", PlantedBug::CountTheLiving},
    {"skip-fence", PlantedBug::SkipFence},
    {"answer-unfilled", PlantedBug::AnswerUnfilled},
    {"remove-while-moving", PlantedBug::RemoveWhileMoving},
}};

}  // namespace starling
