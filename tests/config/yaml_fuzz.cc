// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <string_view>

#include "config/yaml_document.h"
#include "tests/fuzz_target.h"

namespace mimir::test {

std::vector<FuzzInput> fuzz_seeds() {
  std::vector<FuzzInput> seeds;
  for (const std::string_view text :
       {"# comment\ndataplane:\n  ports:\n    - device: 0000:3b:00.0\n      queues: 2\n"
        "  base_window: 10s\nmodel:\n  pod_cidrs: [10.0.0.0/8, fd00::/8]\n",
        "a: {b: [c, {d: 'e'}], f: \"g\\n\\u00e9\"}\nh: |\n  i\n  j\nk: >-\n  l\n",
        "a: &x 1\nb: *x\n<<: {c: !!str d}\n? [e]\n: f\n---\ng: ~\n...\n"}) {
    const auto* const first = reinterpret_cast<const std::byte*>(text.data());
    seeds.emplace_back(first, first + text.size());
  }
  return seeds;
}

std::vector<FuzzInput> fuzz_inputs_of(std::span<const std::byte> /*file*/) { return {}; }

}  // namespace mimir::test

namespace {

using mimir::config::Node;

// Every node has a place, and a map no key twice.
void check(const Node& node) {
  mimir::test::must(node.place.file == "f", "a node knows its file");
  for (const Node& element : node.elements) check(element);
  for (const auto& [key, value] : node.members) {
    mimir::test::must(key.place.line > 0 && key.place.column > 0, "a key has a place");
    mimir::test::must(node.find(key.name) == &value, "a key is given once");
    check(value);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mimir;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  config::Diagnostics diagnostics;
  const auto root = config::parse_yaml(text, "f", diagnostics);
  test::must(root.has_value() != diagnostics.has_errors(), "a tree or a fault");
  test::must(diagnostics.render().empty() == root.has_value(), "a fault can be told");
  if (root) check(*root);
  return 0;
}
