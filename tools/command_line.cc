// SPDX-License-Identifier: Apache-2.0
#include "tools/command_line.h"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <optional>
#include <utility>

#include <CLI/CLI.hpp>

#include "config/quantity.h"
#include "tools/version.h"

namespace mimir::tools {

namespace {

class Cli11Line final : public CommandLine {
 public:
  explicit Cli11Line(CLI::App& app) : app_(app) {}

  void positional(const char* name, std::string& target, const char* help) override {
    app_.add_option(name, target, help)->required();
  }
  void positionals(const char* name, std::vector<std::string>& target, const char* help) override {
    app_.add_option(name, target, help)->required();
  }
  void optional_positionals(const char* name, std::vector<std::string>& target,
                            const char* help) override {
    app_.add_option(name, target, help);
  }
  void text(const char* name, std::string& target, const char* value, const char* help) override {
    app_.add_option(name, target, help)->option_text(with_default(value, target));
  }
  void required_text(const char* name, std::string& target, const char* value,
                     const char* help) override {
    app_.add_option(name, target, help)->required()->option_text(std::string(value) + " REQUIRED");
  }
  void texts(const char* name, std::vector<std::string>& target, const char* value,
             const char* help) override {
    app_.add_option(name, target, help)
        ->option_text(std::string(value) + " ...")
        ->expected(1)
        ->allow_extra_args(false)  // what follows the value may be a positional
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  }
  void choice(const char* name, std::string& target, const std::vector<std::string>& allowed,
              const char* help) override {
    std::string value;
    for (const std::string& word : allowed) value += (value.empty() ? "" : "|") + word;
    app_.add_option(name, target, help)
        ->check(CLI::IsMember(allowed))
        ->option_text(with_default(value, target));
  }
  void count(const char* name, std::uint64_t& target, std::uint64_t min, std::uint64_t max,
             const char* value, const char* help) override {
    app_.add_option(name, target, help)
        ->check(CLI::Range(min, max))
        ->option_text(with_default(value, std::to_string(target)));
  }
  void real(const char* name, double& target, double min, double max, const char* value,
            const char* help) override {
    std::string text = CLI::detail::to_string(target);
    app_.add_option(name, target, help)
        ->check(CLI::Range(min, max))
        ->option_text(with_default(value, text));
  }
  void duration(const char* name, std::int64_t& target_ns, const char* help) override {
    const auto parse = [&target_ns](const std::string& text) {
      const std::optional<std::int64_t> parsed = config::parse_duration_ns(text);
      if (!parsed)
        throw CLI::ValidationError(text, "is no duration; write 10s, 500ms, 30min or 2h");
      target_ns = *parsed;
    };
    app_.add_option_function<std::string>(name, parse, help)
        ->option_text(with_default("DURATION", config::to_duration_text(target_ns)));
  }
  void moment(const char* name, std::int64_t& target_ns, const char* help) override {
    const auto parse = [&target_ns](const std::string& text) {
      const std::optional<std::int64_t> parsed = config::parse_utc_ns(text);
      if (!parsed)
        throw CLI::ValidationError(text, "is no time; write 2026-12-31 or 2026-12-31T12:00:00Z");
      target_ns = *parsed;
    };
    app_.add_option_function<std::string>(name, parse, help)->option_text("TIME");
  }
  void flag(const char* name, bool& target, const char* help) override {
    app_.add_flag(name, target, help);
  }

 private:
  static std::string with_default(const std::string& value, const std::string& text) {
    return text.empty() ? value : value + " [" + text + "]";
  }

  CLI::App& app_;
};

/// A full disk behind standard output shows when the last of it is written, or never.
ExitCode after_output(ExitCode code) {
  const bool is_written = std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
  if (is_written) return code;
  std::fprintf(stderr,
               "mimir: error: standard output could not be written: what is there is not all\n"
               "  hint: is there room on its disk, and does its reader read to the end?\n");
  return ExitCode::kMachine;
}

/// What roff would take for a request or an escape, it takes for text.
std::string to_roff(const std::string& text) {
  std::string escaped;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool begins_line = i == 0 || text[i - 1] == '\n';
    if (begins_line && (text[i] == '.' || text[i] == '\'')) escaped += "\\&";
    if (text[i] == '\\') {
      escaped += "\\e";
    } else if (text[i] == '-') {
      escaped += "\\-";
    } else {
      escaped += text[i];
    }
  }
  return escaped;
}

/// man(7): a page of all commands, as they declare themselves.
std::string to_manual(const CLI::App& app) {
  std::string page = ".TH MIMIR 1 \"\" \"mimir " + std::string(kVersionText) +
                     "\"\n.ad l\n.SH NAME\n" +
                     "mimir \\- says when data leaves a Kubernetes cluster\n.SH SYNOPSIS\n" +
                     ".B mimir\n.I COMMAND\n[OPTIONS]\n.SH DESCRIPTION\n" +
                     to_roff(app.get_description()) + "\n.SH COMMANDS\n";
  for (const CLI::App* const sub : app.get_subcommands({})) {
    page +=
        ".SS mimir " + to_roff(sub->get_name()) + "\n" + to_roff(sub->get_description()) + ".\n";
    for (const CLI::Option* const option : sub->get_options()) {
      page += ".TP\n.B " +
              to_roff(option->get_positional() ? option->get_name(true)
                                               : option->get_name(false, true)) +
              "\n";
      const std::string text = option->get_option_text();
      page += (text.empty() ? "" : ".RI \"" + to_roff(text) + "\"\n.br\n") +
              to_roff(option->get_description()) + "\n";
    }
    page += ".PP\n.nf\n" + to_roff(sub->get_footer()) + "\n.fi\n";
  }
  return page + ".SH EXIT STATUS\n" + to_roff(app.get_footer()) + "\n";
}

/// A completion for bash: commands, then their options, else files.
std::string to_completion(const CLI::App& app) {
  std::string cases;
  std::string commands;
  for (const CLI::App* const sub : app.get_subcommands({})) {
    commands += ' ' + sub->get_name();
    cases += "    " + sub->get_name() + ") words='";
    for (const CLI::Option* const option : sub->get_options()) {
      for (const std::string& name : option->get_lnames()) cases += "--" + name + ' ';
    }
    cases += "' ;;\n";
  }
  return "_mimir() {\n  local word=${COMP_WORDS[COMP_CWORD]} words=''\n"
         "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n    words='" +
         commands.substr(1) + " --help --version'\n  else\n    case ${COMP_WORDS[1]} in\n" + cases +
         "    esac\n  fi\n"
         "  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n}\n"
         "complete -o default -F _mimir mimir\n";
}

int explain(const CLI::App& app, const CLI::ParseError& error) {
  if (error.get_exit_code() == 0) return app.exit(error);  // --help and --version
  const CLI::App* named = &app;
  if (!app.get_subcommands().empty()) named = app.get_subcommands().front();
  std::fprintf(stderr, "mimir: error: %s\n  hint: mimir%s%s --help\n", error.what(),
               named == &app ? "" : " ", named == &app ? "" : named->get_name().c_str());
  return static_cast<int>(ExitCode::kUsage);
}

}  // namespace

int run_command_line(int argc, char** argv, std::span<const std::unique_ptr<Command>> commands) {
  // Ours first: what stands behind `--` is DPDK's, whatever it looks like.
  char** const end = argv + argc;
  char** const split =
      std::find_if(argv, end, [](const char* word) { return std::string_view(word) == "--"; });
  std::vector<std::string> eal_arguments;
  if (split != end) eal_arguments.assign(split + 1, end);

  CLI::App app("Watches a Kubernetes cluster's mirrored traffic and says when data leaves.",
               "mimir");
  app.set_version_flag("--version", std::string(kVersionText));
  app.require_subcommand(0, 1);
  bool prints_manual = false;
  bool prints_completion = false;
  app.add_flag("--print-manual", prints_manual, "Print the manual page of all commands and exit");
  app.add_flag("--print-completion", prints_completion, "Print a completion for bash and exit");
  app.footer(
      "Exit codes: 0 ok, 1 wrong data, 2 usage or configuration, 3 the machine lacks "
      "something.");
  for (const auto& command : commands) {
    CLI::App* const sub = app.add_subcommand(command->name(), command->summary());
    Cli11Line line(*sub);
    command->declare(line);
    sub->footer(std::string("Example:\n  mimir ") + command->example());
  }
  try {
    app.parse(static_cast<int>(split - argv), argv);
    if (prints_manual || prints_completion) {
      std::printf("%s", (prints_manual ? to_manual(app) : to_completion(app)).c_str());
      return static_cast<int>(after_output(ExitCode::kOk));
    }
    if (app.get_subcommands().empty()) throw CLI::RequiredError("A subcommand");
    const CLI::App* const chosen = app.get_subcommands().front();
    for (const auto& command : commands) {
      if (chosen->get_name() == command->name()) {
        return static_cast<int>(after_output(command->run(eal_arguments)));
      }
    }
  } catch (const CLI::ParseError& error) {
    return explain(app, error);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "mimir: error: %s\n", error.what());
    return static_cast<int>(ExitCode::kMachine);
  }
  return static_cast<int>(ExitCode::kUsage);
}

}  // namespace mimir::tools
