#include "starling/update.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <doctest/doctest.h>

#include "starling/client.h"

#include "message/checksum.h"
#include "support/scripted_server.h"

namespace starling {
namespace {

// One key of a store: a write with the context of the newest read replaces all values, any other is
// a sibling. `before_put` plays the others.
struct TinyStore {
  std::vector<std::string> values;
  int version = 0;
  int puts = 0;
  std::function<void(TinyStore&)> before_put = [](TinyStore&) {};
  std::vector<StatusCode> refusals;

  void write(const std::string& value, const std::string& context) {
    if (context == std::to_string(version)) values.clear();
    values.push_back(value);
    ++version;
  }
  std::optional<ClientReply> operator()(const ClientRequest& request) {
    if (const auto* const put = std::get_if<ClientPut>(&request.body)) {
      if (!refusals.empty()) {
        const StatusCode code = refusals.back();
        refusals.pop_back();
        return ErrorReply{.status = Status(code, "why"), .replies = {.required = 1}};
      }
      ++puts;
      before_put(*this);
      write(put->value, put->context);
      return PutReply{.context = std::to_string(version),
                      .siblings = static_cast<std::uint32_t>(values.size())};
    }
    GetReply reply{.context = std::to_string(version)};
    for (const std::string& value : values) {
      reply.siblings.push_back({.value = value, .content_type = {}, .modified = {}, .dot = "d"});
    }
    reply.checksum = checksum_of("k", reply.siblings);
    return reply;
  }
};

struct UpdateScene {
  TinyStore store;
  ScriptedServer server{[this](const ClientRequest& request) { return store(request); }};
  Client client{{.endpoints = {server.endpoint()}, .routing = Routing::Endpoints, .rounds = 1}};
};

// Values are sets of letters.
std::string all_letters(const std::vector<SiblingValue>& siblings) {
  std::string letters;
  for (const SiblingValue& sibling : siblings) letters += sibling.value;
  std::ranges::sort(letters);
  letters.erase(std::ranges::unique(letters).begin(), letters.end());
  return letters;
}

Modify adding(const std::string& letter) {
  return
      [letter](const std::optional<std::string>& present) { return present.value_or("") + letter; };
}

TEST_CASE("update: an absent key gets its first value, a present one is changed") {
  UpdateScene scene;
  const auto first = update(scene.client, "b", "k", adding("a"));
  REQUIRE(first.ok());
  CHECK(first->value == "a");
  CHECK(update(scene.client, "b", "k", adding("b")).ok());
  CHECK(scene.store.values == std::vector<std::string>{"ab"});
}

TEST_CASE("update: nothing to change writes nothing") {
  UpdateScene scene;
  scene.store.write("a", "");
  const auto same = update(scene.client, "b", "k", [](const auto&) { return std::nullopt; });
  REQUIRE(same.ok());
  CHECK(same->value == "a");
  CHECK(scene.store.puts == 0);
}

TEST_CASE("update: what others write at the same time is kept and resolved") {
  UpdateScene scene;
  scene.store.before_put = [](TinyStore& store) {
    if (store.puts <= 2) store.write(std::string(1, static_cast<char>('w' + store.puts)), "blind");
  };
  int modified = 0;
  const Modify modify = [&](const auto& present) {
    ++modified;
    return present.value_or("") + "a";
  };
  const auto updated = update(scene.client, "b", "k", modify, {.resolve = all_letters});
  REQUIRE(updated.ok());
  CHECK(updated->value == "axy");
  CHECK(updated->siblings == 1);
  CHECK(modified == 1);
  CHECK(scene.store.values == std::vector<std::string>{"axy"});
}

TEST_CASE("update: others that never stop leave it after its attempts, with the value there") {
  UpdateScene scene;
  scene.store.before_put = [](TinyStore& store) { store.write("z", "blind"); };
  const auto updated =
      update(scene.client, "b", "k", adding("a"), {.resolve = all_letters, .attempts = 3});
  REQUIRE(updated.ok());
  CHECK(scene.store.puts == 3);
  CHECK(updated->siblings > 1);
}

TEST_CASE("update: without a function to resolve them several values are a conflict") {
  UpdateScene scene;
  scene.store.write("a", "");
  scene.store.write("b", "blind");
  CHECK(update(scene.client, "b", "k", adding("c")).status().code() == StatusCode::Conflict);
  CHECK(scene.store.puts == 0);
  const auto read = get_resolved(scene.client, "b", "k", all_letters);
  REQUIRE(read.ok());
  CHECK(read->value == "ab");
  CHECK(read->siblings == 2);
}

TEST_CASE("update: a refused write is tried again, one in doubt is not") {
  UpdateScene scene;
  scene.store.refusals = {StatusCode::Unavailable, StatusCode::Overloaded};
  CHECK(update(scene.client, "b", "k", adding("a")).ok());
  scene.store.refusals = {StatusCode::Overloaded, StatusCode::InDoubt};
  CHECK(update(scene.client, "b", "k", adding("b")).status().in_doubt());
  CHECK(scene.store.values == std::vector<std::string>{"a"});
  CHECK(update(scene.client, "b", "k", adding("b"), {.attempts = 0}).status().code() ==
        StatusCode::Usage);
}

TEST_CASE("update: without a function that changes there is nothing to do") {
  UpdateScene scene;
  CHECK(update(scene.client, "b", "k", {}).status().code() == StatusCode::Usage);
  CHECK(scene.server.requests() == 0);
}

TEST_CASE("update: a timeout that is none is refused before anything is read") {
  UpdateScene scene;
  using std::chrono::milliseconds;
  for (const milliseconds timeout : {milliseconds::max(), milliseconds::min(), milliseconds(0)}) {
    CAPTURE(timeout.count());
    const auto updated = update(scene.client, "b", "k", adding("a"), {.timeout = timeout});
    CHECK(updated.status().code() == StatusCode::Usage);
    CHECK(updated.status().message().find("timeout") != std::string::npos);
  }
  CHECK(scene.server.requests() == 0);
}

TEST_CASE("update: its time is that of all its steps together") {
  UpdateScene scene;
  scene.store.refusals.assign(1'000'000, StatusCode::Unavailable);
  const auto before = std::chrono::steady_clock::now();
  const auto updated = update(scene.client, "b", "k", adding("a"),
                              {.attempts = 1'000'000, .timeout = std::chrono::milliseconds(50)});
  CHECK_FALSE(updated.ok());
  CHECK(std::chrono::steady_clock::now() - before < std::chrono::seconds(5));
}

}  // namespace
}  // namespace starling
