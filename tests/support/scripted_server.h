#pragma once

// A server on a loopback port that answers as a test says: the other end of the sockets of the SDK.

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "starling/status.h"

#include "message/client_messages.h"
#include "message/hello.h"

namespace starling {

class ScriptedServer {
 public:
  // What becomes of a request: its answer, or nothing: the connection is closed. Called by one
  // thread at a time, whatever the number of connections.
  using Script = std::function<std::optional<ClientReply>(const ClientRequest&)>;
  explicit ScriptedServer(Script script);
  // The same in bytes, which may be no answer, several, or rubbish.
  struct Verbatim {
    std::function<std::optional<std::string>(std::uint64_t number, const ClientRequest&)> script;
  };
  explicit ScriptedServer(Verbatim verbatim);
  // Takes connections into its backlog and never says anything, like a stopped process.
  struct Silent {};
  explicit ScriptedServer(Silent silent);
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;
  ~ScriptedServer();

  [[nodiscard]] std::string endpoint() const;
  [[nodiscard]] int requests() const { return requests_; }
  [[nodiscard]] int connections() const { return accepted_; }
  // What it calls itself in its Hello.
  void set_cluster(const std::string& cluster);
  void refuse_with(const std::string& why, StatusCode code);
  void set_protocol(std::uint32_t protocol);

 private:
  // One thread a connection, which is joined when it is seen to have ended.
  struct Served {
    std::thread thread;
    std::shared_ptr<std::atomic<bool>> ended;
  };

  void listen();
  void serve();
  void join_ended();
  [[nodiscard]] std::string greeting();
  void serve_connection(int connection);
  [[nodiscard]] std::optional<std::string> answer(std::uint64_t number,
                                                  const ClientRequest& request);

  Verbatim script_;
  int listener_ = -1;
  std::string port_;
  std::atomic<int> requests_ = 0;
  std::atomic<int> accepted_ = 0;
  std::atomic<bool> stopping_ = false;
  std::mutex mutex_;  // of the script
  std::mutex hello_mutex_;
  Hello hello_;                      // under hello_mutex_: a test may change it at any time
  std::vector<Served> connections_;  // of the thread that accepts
  std::thread thread_;
};

}  // namespace starling
