#include "wire/codec_admin.h"

#include <cstdint>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "random_message.h"
#include "table_bytes.h"

namespace starling {
namespace {

std::string refusal_of_ring(const wire::OwnersSpan& span,
                            const std::vector<std::uint16_t>& owners) {
  Builder builder;
  const auto names =
      builder.CreateVector(std::vector<TextOffset>{write_required_text(builder, "node0")});
  const auto spans = write_structs<wire::OwnersSpan>(builder, {span});
  const auto owners_offset = builder.CreateVector(owners);
  return refusal_of(FrameType::ClusterRingReply, builder,
                    wire::CreateClusterRingReply(builder, 1, names, spans, owners_offset));
}

TEST_CASE("codec_admin: owners are members that are named, as many as the spans say") {
  CHECK(refusal_of_ring(wire::OwnersSpan(0, 1, 1), {0, 0}) == "");
  CHECK(refusal_of_ring(wire::OwnersSpan(0, 1, 0), {1}) ==
        "ClusterRingReply: member: no such name");
  CHECK(refusal_of_ring(wire::OwnersSpan(0, 2, 0), {0}) == "ClusterRingReply: owners: too short");
  CHECK(refusal_of_ring(wire::OwnersSpan(0, 0, 0), {0}) == "ClusterRingReply: owners: too long");
  CHECK(refusal_of_ring(wire::OwnersSpan(40'000, 0, 0), {}) ==
        "ClusterRingReply: partition: out of range");
}

TEST_CASE("codec_admin: a task without an id, or a member without a name, is refused") {
  ClusterTasksReply tasks;
  tasks.tasks.resize(1);
  CHECK(decode_frame(encode(3, ClientReply(tasks))).status().message() ==
        "ClusterTasksReply: id: empty");
  tasks.tasks[0].id = "x";
  tasks.tasks.resize(100, tasks.tasks[0]);
  CHECK(decode_frame(encode(3, ClientReply(tasks))).ok());
  ClusterStatusReply status;
  status.members.resize(1);
  CHECK(decode_frame(encode(3, ClientReply(status))).status().message() ==
        "ClusterStatusReply: name: empty");
}

TEST_CASE("codec_admin: the ring of the most partitions and replicas fits one frame") {
  ClusterRingReply reply{.epoch = {1}, .partitions = {}};
  std::vector<std::string> owners;
  for (int member = 0; member < 15; ++member) owners.push_back("node" + std::to_string(member));
  for (std::uint16_t partition = 0; partition < 32768; ++partition) {
    reply.partitions.push_back({.partition = {partition}, .owners = owners, .fallbacks = {}});
  }
  const Result<Frame> decoded = decode_frame(encode(3, ClientReply(reply)));
  REQUIRE(decoded.ok());
  CHECK(std::get<ClientReply>(decoded->message) == ClientReply(reply));
}

TEST_CASE("codec_admin: the digests of the most partitions and replicas fit one frame") {
  ClusterDigestReply reply;
  std::vector<ReplicaDigest> replicas;
  for (int member = 0; member < 15; ++member) {
    replicas.push_back({.member = "node" + std::to_string(member), .digest = Hash128{1, 2}});
  }
  for (std::uint16_t partition = 0; partition < 32768; ++partition) {
    reply.partitions.push_back({.partition = {partition}, .replicas = replicas});
  }
  const Result<Frame> decoded = decode_frame(encode(3, ClientReply(reply)));
  REQUIRE(decoded.ok());
  CHECK(std::get<ClientReply>(decoded->message) == ClientReply(reply));
}

TEST_CASE("codec_admin: a status of a thousand members fits the verifier") {
  ClusterStatusReply reply;
  for (int member = 0; member < 1000; ++member) {
    reply.members.emplace_back().name = "node" + std::to_string(member);
  }
  const Result<Frame> decoded = decode_frame(encode(3, ClientReply(reply)));
  REQUIRE(decoded.ok());
  CHECK(std::get<ClientReply>(decoded->message) == ClientReply(reply));
}

}  // namespace
}  // namespace starling
