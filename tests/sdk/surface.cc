// Names every function of the public headers, so that a symbol the library does not export shows
// when this is linked. What they do is tested elsewhere.

#include <iostream>

#include <starling/admin.h>
#include <starling/build_info.h>
#include <starling/causal_session.h>
#include <starling/client.h>
#include <starling/options.h>
#include <starling/read_result.h>
#include <starling/result.h>
#include <starling/status.h>
#include <starling/update.h>

namespace {

using starling::CausalSession;
using starling::Client;

void use_client(Client& client) {
  (void)client.put("b", "k", "v");
  (void)client.get("b", "k");
  (void)client.remove("b", "k");
  (void)client.put_many({});
  (void)client.get_many({});
  (void)client.put_async("b", "k", "v", {}, [](const auto&) {});
  (void)client.get_async("b", "k", {}, [](const auto&) {});
  (void)client.remove_async("b", "k", {}, [](const auto&) {});
  client.put_many_async({}, {}, [](const auto&) {});
  client.get_many_async({}, {}, [](const auto&) {});
  (void)client.keys("b");
  (void)client.each_key("b", {}, [](const auto&) { return true; });
  (void)client.cluster_status();
  (void)client.cluster_ring();
  (void)client.cluster_ring_of("b", "k");
  (void)client.cluster_digest();
  (void)client.cluster_tasks();
  (void)client.cluster_leave("node0");
  (void)client.cluster_remove("node0");
  (void)client.cluster_plan();
  (void)client.cluster_commit("0123456789abcdef");
  (void)client.cluster_abort();
  (void)client.node_info();
}

void use_session(Client& client) {
  CausalSession first(client);
  CausalSession session(std::move(first));
  (void)session.put("b", "k", "v");
  (void)session.get("b", "k");
  (void)session.remove("b", "k");
  session.set_context("b", "k", session.context_of("b", "k"));
  (void)session.forgotten();
  (void)starling::get_resolved(client, "b", "k", {});
  (void)starling::update(client, "b", "k", [](const auto& present) { return present; });
}

void use_words() {
  const starling::Status status = starling::parse_level("quorum").status();
  (void)starling::Status(starling::StatusCode::Failure, "").with_replies(1, 1).to_string();
  (void)starling::Status(starling::StatusCode::Failure, "").with_retry_after({}).retry_after();
  (void)starling::Level::all().to_text();
  (void)starling::Level::all().resolve(3);
  (void)starling::parse_endpoints("127.0.0.1:1");
  (void)starling::check_bucket("b");
  (void)starling::check_key("k");
  (void)starling::check_value("v");
  (void)starling::status_code_of(starling::status_code_name(status.code()));
  (void)starling::exit_code_of(status.code());
  (void)starling::http_status_of(status.code());
  (void)starling::is_retryable(status.code());
}

}  // namespace

int main(int argc, char** /*argv*/) {
  // Nobody listens there: the calls fail at once, and that is all they are to do.
  Client moved({.endpoints = {"127.0.0.1:1"}});
  Client client(std::move(moved));
  use_words();
  if (argc > 1) {
    use_client(client);
    use_session(client);
  }
  std::cout << starling::kVersion << "\n";
}
