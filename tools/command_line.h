// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tools/exit_code.h"

namespace mimir::tools {

/// The options of one command, declared once; parsing, checking and --help read
/// the same rows. Targets are filled before run() and keep what they held as the
/// default, which --help shows.
class CommandLine {
 public:
  virtual ~CommandLine() = default;

  virtual void positional(const char* name, std::string& target, const char* help) = 0;
  /// One or more.
  virtual void positionals(const char* name, std::vector<std::string>& target,
                           const char* help) = 0;
  /// None or more.
  virtual void optional_positionals(const char* name, std::vector<std::string>& target,
                                    const char* help) = 0;
  virtual void text(const char* name, std::string& target, const char* value, const char* help) = 0;
  virtual void required_text(const char* name, std::string& target, const char* value,
                             const char* help) = 0;
  /// May be given more than once.
  virtual void texts(const char* name, std::vector<std::string>& target, const char* value,
                     const char* help) = 0;
  virtual void choice(const char* name, std::string& target,
                      const std::vector<std::string>& allowed, const char* help) = 0;
  virtual void count(const char* name, std::uint64_t& target, std::uint64_t min, std::uint64_t max,
                     const char* value, const char* help) = 0;
  virtual void real(const char* name, double& target, double min, double max, const char* value,
                    const char* help) = 0;
  /// "10s", "500ms", "30min", "2h"; the target is in nanoseconds.
  virtual void duration(const char* name, std::int64_t& target_ns, const char* help) = 0;
  /// "2026-12-31", its first moment, or "2026-12-31T12:00:00Z"; the target is in nanoseconds
  /// since 1970, and --help shows no default.
  virtual void moment(const char* name, std::int64_t& target_ns, const char* help) = 0;
  virtual void flag(const char* name, bool& target, const char* help) = 0;
};

/// One `mimir SUBCOMMAND`.
class Command {
 public:
  virtual ~Command() = default;

  [[nodiscard]] virtual const char* name() const = 0;
  [[nodiscard]] virtual const char* summary() const = 0;
  /// A line that works, without the leading "mimir".
  [[nodiscard]] virtual const char* example() const = 0;

  virtual void declare(CommandLine& line) = 0;
  /// `eal_arguments` is what stood behind `--`; most commands have no use for it.
  [[nodiscard]] virtual ExitCode run(std::span<const std::string> eal_arguments) = 0;
};

/// Parses, runs the command that was named and returns the process's exit code.
/// The last words of anything that throws are said here.
[[nodiscard]] int run_command_line(int argc, char** argv,
                                   std::span<const std::unique_ptr<Command>> commands);

}  // namespace mimir::tools
