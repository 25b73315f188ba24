#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "runtime/base/text.h"
#include "runtime/cli/commands.h"

namespace carrel::cli {
namespace {

// A word list a command path, "" for carrel itself: all a shell needs to offer the next word.
struct Words {
  std::string path;
  std::vector<std::string> words;
};

std::vector<std::string> OptionNames(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

void Collect(const CLI::App& command, const std::string& path, std::vector<Words>& out) {
  Words entry{path, {}};
  for (const CLI::App* sub : command.get_subcommands({})) entry.words.push_back(sub->get_name());
  for (std::string& name : OptionNames(command)) entry.words.push_back(std::move(name));
  out.push_back(std::move(entry));
  for (const CLI::App* sub : command.get_subcommands({})) {
    Collect(*sub, path.empty() ? sub->get_name() : path + " " + sub->get_name(), out);
  }
}

std::string Bash(const std::vector<Words>& all) {
  std::string cases;
  std::vector<std::string> groups;  // commands that have commands
  for (const Words& entry : all) {
    cases += fmt::format("    \"{}\") words=\"{}\" ;;\n", entry.path, Join(entry.words, " "));
    if (!entry.path.empty() && !entry.words.front().starts_with("--")) groups.push_back(entry.path);
  }
  return "# carrel completion for bash: source <(carrel completion bash)\n"
         "_carrel() {\n"
         "  local path=\"\" word words=\"\" i\n"
         "  for ((i = 1; i < COMP_CWORD && i < 3; ++i)); do\n"
         "    word=${COMP_WORDS[i]}\n"
         "    [[ $word == -* ]] && break\n"
         "    [[ $i == 2 && ! $path =~ ^(" +
         Join(groups, "|") +
         ")$ ]] && break\n"
         "    path=${path:+$path }$word\n"
         "  done\n"
         "  case $path in\n" +
         cases +
         "  esac\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\"))\n"
         "}\n"
         "complete -o default -F _carrel carrel\n";
}

std::string Zsh(const std::vector<Words>& all) {
  return "#compdef carrel\n# carrel completion for zsh: source <(carrel completion zsh)\n"
         "autoload -U +X bashcompinit && bashcompinit\n" +
         Bash(all);
}

std::string Fish(const std::vector<Words>& all) {
  std::string out = "# carrel completion for fish: carrel completion fish | source\n";
  for (const Words& entry : all) {
    const std::string condition = entry.path.empty()
                                      ? "__fish_use_subcommand"
                                      : fmt::format(
                                            "string match -q 'carrel {}*' -- (commandline "
                                            "-cp)",
                                            entry.path);
    for (const std::string& word : entry.words) {
      out += word.starts_with("--")
                 ? fmt::format("complete -c carrel -n \"{}\" -l {}\n", condition, word.substr(2))
                 : fmt::format("complete -c carrel -n \"{}\" -a {}\n", condition, word);
    }
  }
  return out;
}

Result<ExitCode> Complete(Context& context, const std::string& shell) {
  CLI::App root("", "carrel");
  Invocation unused;
  DefineCommands(root, unused);
  std::vector<Words> all;
  Collect(root, "", all);
  const std::string script = shell == "bash" ? Bash(all) : shell == "zsh" ? Zsh(all) : Fish(all);
  if (context.console.is_json()) {
    context.console.PrintJson({{"shell", shell}, {"script", script}});
  } else {
    context.console.PrintRaw(script);
  }
  return ExitCode::kDone;
}

}  // namespace

void DefineCompletion(CLI::App& command, Invocation& invocation) {
  const auto shell = std::make_shared<std::string>();  // owners: the parser and the action
  command.add_option("SHELL", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  Finish(command, invocation, "source <(carrel completion bash)",
         [shell](Context& context) { return Complete(context, *shell); });
}

}  // namespace carrel::cli
