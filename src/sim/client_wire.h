#pragma once

// ClientWire: the connections between simulated clients and nodes. Requests and answers are encoded
// and decoded on their way. A node that dies takes its connections with it; a client may hang up.

#include <cstdint>
#include <map>

#include "base/random.h"
#include "base/time.h"
#include "message/client_messages.h"
#include "sim/event_queue.h"

namespace starling::sim {

class ClientWire {
 public:
  class Node {
   public:
    Node() = default;
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;
    Node(Node&&) = delete;
    Node& operator=(Node&&) = delete;
    virtual ~Node() = default;

    virtual void on_client_request(std::uint32_t node, const ClientHandle& client,
                                   ClientRequest request) = 0;
  };
  class Client {
   public:
    Client() = default;
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;
    Client(Client&&) = delete;
    Client& operator=(Client&&) = delete;
    virtual ~Client() = default;

    virtual void on_reply(std::uint64_t request, const ClientReply& reply) = 0;
    virtual void on_hung_up(std::uint64_t connection) = 0;
  };

  ClientWire(EventQueue& events, Node& node, const Random& random)
      : events_(events), node_(node), random_(random) {}

  // Returns the number of the connection.
  std::uint64_t connect(std::uint32_t node, Client& client);
  void send(std::uint64_t connection, std::uint64_t request, const ClientRequest& message);
  void hang_up(std::uint64_t connection) { connections_.erase(connection); }
  // All connections of a client that ends.
  void forget(const Client& client);

  void reply(const ClientHandle& client, const ClientReply& reply);
  void node_stopped(std::uint32_t node);
  [[nodiscard]] bool is_open(std::uint64_t connection) const {
    return connections_.contains(connection);
  }

 private:
  struct Connection {
    std::uint32_t node = 0;
    Client* client = nullptr;
    bool node_gone = false;
  };

  [[nodiscard]] Duration latency();

  EventQueue& events_;
  Node& node_;
  Random random_;
  std::map<std::uint64_t, Connection> connections_;
  std::uint64_t opened_ = 0;
};

}  // namespace starling::sim
