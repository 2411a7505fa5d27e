// SPDX-License-Identifier: Apache-2.0
#include "tools/incident_text.h"

#include <utility>

#include <fmt/format.h>

#include "tools/json_member.h"

namespace mimir::tools {

namespace {

using config::Json;

std::string explanation_text(const Json& why) {
  std::string text = fmt::format("  {}\n", text_of(why, "summary"));
  for (const Json& part : list_of(why, "contributions")) {
    text +=
        fmt::format("  {:+.3f}  {}: {:.4g}, expected {:.4g} (z {:+.1f})\n",
                    number_of(part, "contribution"), text_of(part, "feature"),
                    number_of(part, "observed"), number_of(part, "expected"), number_of(part, "z"));
  }
  for (const char* const key : {"meaning", "false_alarm", "action"}) {
    const std::string& said = text_of(why, key);
    if (!said.empty()) text += fmt::format("  {}: {}\n", key, said);
  }
  return text;
}

}  // namespace

std::string reasons_text(const Json& line) {
  const Json& ours = member(line, "mimir");
  std::string text = explanation_text(member(ours, "explanation"));
  for (const Json& edge : list_of(ours, "edges")) {
    text += fmt::format("  edge {} -> {}: {:.0f} bytes, expected {:.0f}", text_of(edge, "src"),
                        text_of(edge, "dst"), number_of(edge, "bytes"),
                        number_of(edge, "expected_bytes"));
    const char* separator = "  ";
    for (const Json& spoken : list_of(edge, "applications")) {
      if (spoken.string() != nullptr) text += std::exchange(separator, ", ") + *spoken.string();
    }
    text += '\n';
  }
  for (const Json& step : list_of(ours, "next_steps")) {
    if (step.string() != nullptr) text += fmt::format("  next: {}\n", *step.string());
  }
  return text;
}

}  // namespace mimir::tools
