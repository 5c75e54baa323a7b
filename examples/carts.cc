// A shopping cart that loses nothing: two people fill it without knowing of each other.
//
//   g++ -std=c++20 carts.cc $(pkg-config --cflags --libs starling) -o carts && ./carts 127.0.0.1:7400

#include <iostream>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <starling/client.h>
#include <starling/update.h>

// A cart is its goods, one a line, in order. Two carts together are the union of both.
std::string union_of(const std::vector<starling::SiblingValue>& carts) {
  std::set<std::string> goods;
  for (const starling::SiblingValue& cart : carts) {
    std::istringstream lines(cart.value);
    for (std::string line; std::getline(lines, line);) goods.insert(line);
  }
  std::string cart;
  for (const std::string& line : goods) cart += line + "\n";
  return cart;
}

int main(int argc, char** argv) {
  starling::Client client({.endpoints = {argc > 1 ? argv[1] : "127.0.0.1:7400"}});

  // Neither write has seen the other: both are kept, as siblings.
  const std::vector<starling::PutItem> writes{
      {.bucket = "carts", .key = "family", .value = "apples\n"},
      {.bucket = "carts", .key = "family", .value = "bread\n"}};
  for (const auto& written : client.put_many(writes)) {
    if (written.ok()) continue;
    std::cerr << "put: " << written.status().to_string() << "\n";
    return starling::exit_code_of(written.status().code());
  }

  // Whoever reads them says what the two amount to, and writes that back with its own change.
  const auto add_cheese = [](const std::optional<std::string>& cart) {
    return cart.value_or("") + "cheese\n";
  };
  const auto updated =
      starling::update(client, "carts", "family", add_cheese, {.resolve = union_of});
  if (!updated.ok()) {
    std::cerr << "update: " << updated.status().to_string() << "\n";
    return starling::exit_code_of(updated.status().code());
  }
  std::cout << updated->value.value_or("");
}
