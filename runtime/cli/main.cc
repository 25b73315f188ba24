#include <string_view>

#include "runtime/cli/commands.h"
#include "runtime/git/helper.h"
#include "runtime/report/installer.h"

int main(int argc, char** argv) {
  // The role in which carrel starts itself for one git operation; see runtime/git/helper.h.
  if (argc == 2 && std::string_view(argv[1]) == "git-helper") return carrel::git::HelperMain();
  // And for the packages of one environment; see runtime/report/installer.h.
  if (argc == 2 && std::string_view(argv[1]) == "installer") return carrel::report::InstallerMain();
  return carrel::cli::RunCommandLine(argc, argv);
}
