// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstring>
#include <memory>

#include "dataplane/payload/inspector.h"
#include "dataplane/payload/signatures.h"
#include "tests/dataplane/payload/openings.h"
#include "tests/fuzz_target.h"

namespace mimir::test {

namespace {

// An input is one byte, whose lowest bit says UDP and whose others what the flow was known
// to speak, and a payload.
const payload::Signatures& signatures() {
  static const std::unique_ptr<const payload::Signatures> made = [] {
    config::Diagnostics diagnostics;
    auto signatures = payload::Signatures::make(payload::read_built_in_rules(), {}, diagnostics);
    must(signatures != nullptr, "what ships compiles");
    return signatures;
  }();
  return *made;
}

payload::Inspector& inspector() {
  static payload::Inspector made(signatures().lend({.keeps_samples = true}));
  return made;
}

void check(const PayloadFact& fact, std::size_t payload_bytes) {
  const std::size_t text_bytes = fact.first_text().size() + fact.second_text().size();
  must(text_bytes <= PayloadFact::kTextMax, "texts have room");
  must(std::all_of(fact.text.begin(), fact.text.begin() + static_cast<std::ptrdiff_t>(text_bytes),
                   [](char c) { return c >= 0x20 && c < 0x7f; }),
       "texts can be printed");
  must(std::all_of(fact.text.begin() + static_cast<std::ptrdiff_t>(text_bytes), fact.text.end(),
                   [](char c) { return c == 0; }),
       "behind them is nothing");
  must(text_bytes <= payload_bytes, "texts are of the payload");
  if (fact.kind != FactKind::kRuleMatch) return;
  must(fact.value[0] < signatures().rules().size(), "the rule is one of the set");
  must(fact.value[1] > 0 && fact.value[2] <= payload_bytes, "a match is within the payload");
}

}  // namespace

std::vector<FuzzInput> fuzz_seeds() {
  std::vector<FuzzInput> seeds;
  for (const Opening& opening : openings()) {
    FuzzInput input{opening.ip_protocol == kProtocolUdp ? std::byte{1} : std::byte{0}};
    for (const char c : opening.bytes) input.push_back(static_cast<std::byte>(c));
    seeds.push_back(std::move(input));
  }
  for (const payload::Rule& rule : signatures().rules()) {
    for (const std::string& text : rule.tests.match) {
      FuzzInput input{std::byte{0}};
      for (const char c : text) input.push_back(static_cast<std::byte>(c));
      seeds.push_back(std::move(input));
    }
  }
  return seeds;
}

std::vector<FuzzInput> fuzz_inputs_of(std::span<const std::byte> /*file*/) { return {}; }

}  // namespace mimir::test

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mimir;
  if (size < 2) return 0;
  Inspection state;
  state.application = static_cast<Application>((data[0] >> 1) % kApplicationNames.size());
  const Application before = state.application;
  const std::uint8_t ip_protocol = (data[0] & 1) != 0 ? kProtocolUdp : kProtocolTcp;
  // Bytes of their own, so that a sanitizer sees who reads behind them.
  const std::vector<std::byte> payload(reinterpret_cast<const std::byte*>(data + 1),
                                       reinterpret_cast<const std::byte*>(data + size));
  const auto facts = test::inspector().inspect(payload, ip_protocol, Direction::kLowToHigh, state);
  test::must(state.application < static_cast<Application>(kApplicationNames.size()),
             "an application has a name");
  test::must(before == Application::kUnknown || state.application >= before,
             "what is known is not forgotten");
  for (const PayloadFact& fact : facts) test::check(fact, payload.size());
  return 0;
}
