// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <string_view>

#include "config/json.h"
#include "tests/fuzz_target.h"

namespace mimir::test {

std::vector<FuzzInput> fuzz_seeds() {
  std::vector<FuzzInput> seeds;
  for (const std::string_view text :
       {R"({"t":1.5,"op":"add","kind":"pod","ips":["10.0.0.1","fd00::1"],"labels":{"app":"a\"b"}})",
        R"([9223372036854775808,-1,1e308,0.1,null,true,{"":[]},"\ud83d\ude00\u00e9"])",
        R"({"a":1,"b":{"a":[[[]]]},"\\":2,"c":3,"d":4,"e":5,"f":6,"g":7,"h":8,"i":9,"j":0,)"
        R"("k":0,"l":0,"m":0,"n":0,"o":0,"p":0,"q":0,"r":0})"}) {
    const auto* const first = reinterpret_cast<const std::byte*>(text.data());
    seeds.emplace_back(first, first + text.size());
  }
  return seeds;
}

std::vector<FuzzInput> fuzz_inputs_of(std::span<const std::byte> /*file*/) { return {}; }

}  // namespace mimir::test

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mimir;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  config::Diagnostics diagnostics;
  const auto json = config::parse_json(text, "f", diagnostics);
  test::must(json.has_value() != diagnostics.has_errors(), "a value or a fault");
  for (const config::Diagnostic& diagnostic : diagnostics.all()) {
    test::must(diagnostic.place.line > 0 && diagnostic.place.column > 0, "a fault has a place");
    test::must(!config::render(diagnostic).empty(), "a fault can be told");
  }
  if (!json) return 0;
  const std::string printed = config::to_text(*json);
  const auto again = config::parse_json(printed, "f", diagnostics);
  test::must(again.has_value(), "what is printed can be read");
  test::must(config::to_text(*again) == printed, "and prints as the same bytes");
  return 0;
}
