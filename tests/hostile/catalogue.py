"""Where each attempt of the catalogue of hostile reports is made, so that none gets lost.

A name is a file of cases/, or a test: `path::test`, in C++ the name of the TEST. Several names are
separated by blanks.
"""

from __future__ import annotations

_CROWD = "tests/hostile/test_crowd.py"
_PRINTED_OUTPUT = "tests/hostile/test_printed_output.py"
_PROCESS_TREE = "tests/hostile/test_process_tree.py"
_PUBLISHED_OUTPUT = "tests/hostile/test_published_output.py"
_REPOSITORIES = "tests/hostile/test_repositories.py"
_CONTENTS = "tests/hostile/test_repository_contents.py"
_TERMINAL = "tests/hostile/test_terminal.py"
_BAD_INPUT = "tests/integration/bad_input_test.py"
_CONTAINER_PROFILE = "tests/integration/container_profile_test.py"
_ENVIRONMENT = "tests/integration/environment_test.py"
_GIT_EXPORT = "tests/integration/git_export_test.py"
_GIT_SYNC = "tests/integration/git_sync_test.py"
_STORE_COMMANDS = "tests/integration/store_commands_test.py"
_TEMPLATE_BOMBS = "tests/integration/template_bombs_test.py"
_RAW_FRAMES = "tests/unit/sandbox/raw_frames_test.cc"
_SESSION = "tests/unit/sandbox/session_test.cc"
_ZYGOTE = "tests/unit/sandbox/zygote_test.cc"
_JSON_DOCUMENT = "tests/unit/template/json_document_test.cc"
_MUTATION = "tests/unit/template/mutation_test.cc"
_PARSER = "tests/unit/template/parser_test.cc"
_VALIDATOR = "tests/unit/template/validator_test.cc"


def _all(*names: str) -> str:
    return " ".join(names)


# number -> who holds it
CATALOGUE: dict[int, str] = {
    # 1 to 18: files and information
    1: "001_open_host_files.py",
    2: "002_walk_everything.py",
    3: "003_proc.py",
    4: "004_environment.py",
    5: "005_search_own_memory.py",
    6: "006_write_outside_tmp.py",
    7: "007_edit_own_source.py",
    8: "008_fill_tmp.py",
    9: "009_million_files.py",
    10: "010_sparse_file.py",
    11: "011_special_files.py",
    12: _all("012_tmp_is_not_shared.py", "012_tmp_of_a_sibling.py"),
    13: "013_file_handles.py",
    14: "014_setuid_programs.py",
    15: "015_remount.py",
    16: "016_core_dump.py",
    17: "017_odd_paths.py",
    18: "018_file_locks.py",
    # 19 to 33: network
    19: "019_connect_to_the_host.py",
    20: "020_metadata_service.py",
    21: "021_socket_families.py",
    22: "022_abstract_sockets.py",
    23: "023_socket_files.py",
    24: "024_name_resolution.py",
    25: "025_descriptors_over_the_socket.py",
    26: "026_broker_to_private_addresses.py",
    27: "027_dns_rebinding.py",
    28: "028_redirects.py",
    29: "029_header_injection.py",
    30: "030_placeholder_key.py",
    31: "031_writing_when_read_only.py",
    32: "032_endless_answers.py",
    33: _all(
        "033_few_at_a_time.py",
        "033_refused_requests_count.py",
        "033_request_flood.py",
        "033_thousand_in_flight.py",
    ),
    # 34 to 56: processes and the kernel
    34: "034_fork_bomb.py",
    35: "035_thread_bomb.py",
    36: "036_signals.py",
    37: "037_other_processes.py",
    38: _all("038_namespaces_by_clone.py", "038_new_namespaces.py"),
    39: _all("039_list_of_mounts.py", "039_mounts.py"),
    40: "040_io_uring.py",
    41: _all("041_kernel_programs.py", "041_memory_files.py"),
    42: "042_keyrings.py",
    43: "043_shared_memory.py",
    44: _all("044_int_0x80.py", "044_x32.py"),
    45: _all("045_terminal.py", f"{_TERMINAL}::test_nothing_is_typed_into_the_terminal"),
    46: "046_priorities.py",
    47: _all("047_devices.py", "047_the_machine.py"),
    48: "048_weaker_filters.py",
    49: "049_descriptors.py",
    50: "050_garbage_on_the_socket.py",
    51: _all(
        "051_ignores_signals.py",
        "051_ignores_the_processor_limit.py",
        f"{_PROCESS_TREE}::test_a_report_ends_soon_after_its_limit",
    ),
    52: "052_new_interpreter.py",
    53: "053_daemon.py",
    54: "054_other_personalities.py",
    55: _all(
        f"{_PROCESS_TREE}::test_a_killed_host_takes_its_whole_tree_with_it",
        f"{_SESSION}::AHostThatIsKilledLeavesNoProcess",
    ),
    56: _all(
        f"{_PROCESS_TREE}::test_a_killed_zygote_fails_its_reports_and_comes_back",
        f"{_PROCESS_TREE}::test_zygotes_that_die_again_and_again_come_back",
    ),
    # 57 to 75: processor, memory, time
    57: _all("057_endless_loop.py", "057_endless_loop_in_threads.py"),
    58: "058_endless_in_c.py",
    59: _all(
        "059_sleep_with_signs_of_life.py",
        "059_sleeps_after_a_row.py",
        "059_sleeps_forever.py",
    ),
    60: _all(
        "060_busy_thread_after_the_end.py",
        "060_busy_threads_left_behind.py",
        "060_thread_after_the_end.py",
    ),
    61: "061_hang_with_the_lock.py",
    62: _all("062_memory_grows_whatever_is_raised.py", "062_memory_growth.py"),
    63: _all("063_huge_values.py", "063_one_huge_value_uncaught.py"),
    64: _all("064_mapped_memory.py", "064_small_leaks.py"),
    65: _all(
        "065_deep_recursion.py",
        "065_deep_recursion_in_c.py",
        "065_default_recursion.py",
        "065_recursion_of_every_kind.py",
    ),
    66: _all(
        "066_descriptors.py",
        "066_descriptors_uncaught.py",
        "066_threads_uncaught.py",
        "066_tmp_full_uncaught.py",
    ),
    67: _all(
        "067_billion_laughs.py",
        "067_image_bomb.py",
        "067_lying_workbook_bomb.py",
        "067_slow_workbook.py",
        "067_workbook_bomb.py",
        f"{_TEMPLATE_BOMBS}::test_a_template_that_is_a_bomb_is_refused_with_its_reason",
        f"{_TEMPLATE_BOMBS}::test_an_image_of_a_workbook_is_copied_and_never_decoded",
        f"{_TEMPLATE_BOMBS}::test_an_image_bomb_in_a_pdf_costs_the_host_nothing",
    ),
    68: _all(
        "068_loop_at_exit.py",
        "068_loop_behind_the_last_row.py",
        "068_loop_in_del.py",
        "068_loop_on_import.py",
        "068_loops_at_odd_times.py",
        "068_sleep_at_import.py",
    ),
    69: _all(
        "069_abort.py",
        "069_closes_the_socket.py",
        "069_leaves_by_other_ways.py",
        "069_leaves_without_an_outcome.py",
        "069_null_pointer_in_a_thread.py",
        "069_other_faults.py",
    ),
    70: _all(
        "070_exception_of_a_lying_class.py",
        "070_exceptions_that_lie.py",
        "070_exit_at_import.py",
        "070_exits.py",
        "070_odd_exceptions.py",
        "070_text_that_never_comes.py",
    ),
    71: _all(
        "071_closed_streams.py",
        "071_control_characters.py",
        "071_flood_of_output.py",
        "071_printing_without_end.py",
        f"{_PRINTED_OUTPUT}::test_what_is_printed_or_raised_is_text_at_the_terminal",
        f"{_TERMINAL}::test_a_log_cannot_command_the_terminal_or_speak_for_the_host",
    ),
    72: _all("072_monkeypatching.py", "072_patched_everything.lua"),
    73: _all(
        "073_randomness.lua",
        "073_randomness.py",
        "073_randomness_at_once.py",
        "073_seeding_anew.lua",
    ),
    74: _all("074_hooks.py", "074_hooks_that_refuse.py"),
    75: _all("075_pickles_as_cells.py", "075_pickles_as_text.py"),
    # 76 to 86: Lua
    76: _all("076_endless_loop.lua", "076_endless_protected_loop.lua"),
    77: _all(
        "077_coroutine_loop.lua",
        "077_finalizer_loop.lua",
        "077_loops_at_odd_times.lua",
        "077_rows_that_never_come.lua",
        "077_text_that_never_comes.lua",
    ),
    78: _all("078_memory.lua", "078_memory_is_a_failure.lua"),
    79: "079_patterns.lua",
    80: _all("080_byte_code.lua", "080_byte_code_entry_point.lua"),
    81: "081_the_system.lua",
    82: "082_string_metatable.lua",
    83: _all("083_deep_rows.lua", "083_depth.lua"),
    84: _all("084_addresses.lua", "084_seeds_are_no_addresses.lua"),
    85: "085_modules_outside.lua",
    86: _all("086_odd_errors.lua", "086_odd_results.lua"),
    # 87 to 98: results and the protocol
    87: _all(
        "087_frame_lengths.py",
        f"{_RAW_FRAMES}::ALengthBeyondItsLimitIsRefusedBeforeAnyOfItIsKept",
    ),
    88: _all(
        "088_half_a_frame.py",
        f"{_RAW_FRAMES}::AFrameThatIsNeverFinishedRunsIntoTheIdleLimit",
    ),
    89: _all(
        "089_frames_out_of_order.py",
        f"{_RAW_FRAMES}::FramesOutOfTheirOrderAreViolations",
        f"{_RAW_FRAMES}::EveryFrameBeforeReadyIsAViolationAndReachesNobody",
    ),
    90: _all(
        "090_frames_that_are_no_text.py",
        f"{_RAW_FRAMES}::EveryUnknownTypeIsAViolation",
        f"{_RAW_FRAMES}::WhatIsNotOneJsonObjectOfUtf8IsAViolation",
    ),
    91: _all(
        "091_digits_without_end.py",
        "091_extreme_cells.py",
        "091_extreme_values.py",
        "091_numbers.lua",
        "091_numbers_beyond_any.py",
    ),
    92: _all(
        "092_broken_text.lua",
        "092_forbidden_characters.py",
        "092_lone_surrogates.py",
        "092_long_text.py",
        "092_text_that_acts.py",
    ),
    93: _all(
        "093_a_row_without_end.py",
        "093_empty_rows_without_end.py",
        "093_fails_midway.py",
        "093_iterator_without_end.lua",
        "093_million_columns.py",
        "093_odd_rows.py",
        "093_rows_without_end.py",
        "093_shapes_of_rows.lua",
        "093_shapes_of_rows.py",
        f"{_BAD_INPUT}::test_a_report_that",
        f"{_PUBLISHED_OUTPUT}::test_a_false_claim_is_a_violation_and_nothing_is_kept",
    ),
    94: _all(
        "094_progress.lua",
        "094_progress_flood.py",
        "094_progress_of_many_threads.py",
        "094_raw_progress_flood.py",
        f"{_RAW_FRAMES}::AFloodOfProgressDoesNotKeepTheHostFromItsClocks",
    ),
    95: _all(
        "095_does_not_read_answers.py",
        f"{_RAW_FRAMES}::AWorkerThatDoesNotReadItsAnswersIsEndedAndTheQueueIsBounded",
    ),
    96: _all(
        "096_documents_that_change.py",
        "096_hostile_results.py",
        "096_lengths_that_lie.py",
        "096_rows_that_change.py",
    ),
    97: _all(
        "097_forged_log.py",
        f"{_PRINTED_OUTPUT}::test_a_forged_line_of_the_host_stands_behind_the_name_of_the_report",
    ),
    98: _all(
        f"{_PRINTED_OUTPUT}::test_a_name_of_a_report_is_no_name_of_a_file",
        f"{_PRINTED_OUTPUT}::test_a_local_id_that_is_no_name_is_refused",
        f"{_PRINTED_OUTPUT}::test_an_extension_is_a_plain_word_or_refused",
        f"{_TERMINAL}::test_names_stay_inside_the_output_directory",
    ),
    # 99 to 111: repositories and manifests
    99: _all(
        f"{_REPOSITORIES}::test_a_path_that_leaves_the_repository_is_refused",
        f"{_PARSER}::PathsThatLeaveTheRepositoryOrNameGitAreErrors",
    ),
    100: _all(
        f"{_REPOSITORIES}::test_a_link_anywhere_is_refused",
        f"{_REPOSITORIES}::test_hostile_trees_from_a_server_are_refused_by_the_program",
        f"{_GIT_EXPORT}::test_every_hostile_tree_is_refused_by_name_and_nothing_is_published",
        f"{_VALIDATOR}::SymbolicLinksAreRefusedInEveryPlace",
    ),
    101: _all(
        f"{_REPOSITORIES}::test_what_is_no_file_is_refused_and_does_not_block",
        f"{_REPOSITORIES}::test_hostile_trees_from_a_server_are_refused_by_the_program",
        f"{_VALIDATOR}::DirectoriesAndFifosAreNoFilesAndDoNotBlock",
    ),
    102: _all(
        f"{_REPOSITORIES}::test_a_submodule_is_neither_fetched_nor_run",
        f"{_GIT_EXPORT}::test_attributes_filters_hooks_and_module_files_are_plain_files_and_run_nothing",
    ),
    103: _all(
        f"{_REPOSITORIES}::test_an_address_that_is_a_command_runs_nothing",
        f"{_BAD_INPUT}::test_an_address_of_another_kind_is_refused",
    ),
    104: _all(
        f"{_GIT_EXPORT}::test_every_hostile_tree_is_refused_by_name_and_nothing_is_published",
        f"{_REPOSITORIES}::test_hostile_trees_from_a_server_are_refused_by_the_program",
    ),
    105: _all(
        f"{_REPOSITORIES}::test_the_settings_of_a_working_tree_run_nothing",
        f"{_GIT_EXPORT}::test_attributes_filters_hooks_and_module_files_are_plain_files_and_run_nothing",
    ),
    106: _all(
        f"{_REPOSITORIES}::test_a_tree_of_a_billion_files_is_refused_by_the_program",
        f"{_REPOSITORIES}::test_a_large_file_that_packs_small_is_refused_by_the_program",
        f"{_GIT_EXPORT}::test_a_tree_that_contains_itself_a_billion_times_is_a_limit",
        f"{_GIT_EXPORT}::test_a_large_object_is_judged_by_its_header",
        f"{_GIT_EXPORT}::test_every_cap_is_held_and_named_also_for_a_checkout_that_is_there",
        f"{_GIT_SYNC}::test_a_small_delta_that_builds_a_large_object_is_a_limit",
        f"{_GIT_SYNC}::test_too_many_bytes_or_objects_are_a_limit",
    ),
    107: _all(
        f"{_CONTENTS}::test_a_manifest_that_strains_the_parser_is_refused_with_its_place",
        f"{_CONTENTS}::test_a_huge_manifest_is_refused_before_it_is_read",
        f"{_JSON_DOCUMENT}::ADuplicateKeyIsAnErrorAndTheFirstOneCounts",
        f"{_PARSER}::DuplicateIdsOfEveryKindAreErrors",
        f"{_MUTATION}::EveryValueOfAWrongTypeIsAnErrorThatNamesItsPath",
    ),
    108: _all(
        f"{_CONTENTS}::test_start_up_files_and_shadowing_modules_do_not_run_before_the_report",
        f"{_CONTENTS}::test_shipped_byte_code_is_not_run_in_place_of_its_source",
    ),
    109: _all(
        f"{_CONTENTS}::test_an_entry_point_that_is_no_plain_name_is_refused",
        f"{_CONTENTS}::test_an_entry_point_of_the_standard_library_is_refused",
        f"{_PARSER}::EntryPointsAreThreePlainIdentifiersOrMore",
    ),
    110: _all(
        f"{_CONTENTS}::test_a_template_reaches_nothing_of_the_host",
        f"{_CONTENTS}::test_a_stylesheet_or_image_of_the_host_is_not_in_a_pdf",
        f"{_CONTENTS}::test_a_readme_is_text",
    ),
    111: _all(
        f"{_CONTENTS}::test_nothing_that_a_repository_asks_to_install_runs_or_is_fetched",
        f"{_ENVIRONMENT}::test_a_line_that_is_no_package_is_refused_by_name_before_anything_runs",
        f"{_ENVIRONMENT}::test_a_package_without_a_wheel_is_not_built",
    ),
    # 112 to 114: environments and crowds
    112: _all(
        f"{_ZYGOTE}::ARootHostWithoutUserNamespacesUsesAccountsInstead",
        f"{_STORE_COMMANDS}::test_doctor_exits_with_5_when_reports_cannot_run",
        f"{_CONTAINER_PROFILE}::test_the_sandbox_is_complete_under_the_profile",
    ),
    113: _all(
        f"{_ZYGOTE}::AFaultAtAnyStepEndsTheWorkerBeforeItReadsAnything",
        f"{_ZYGOTE}::AFaultWhileTheZygoteStartsIsAnErrorOfTheStart",
    ),
    114: _all(
        f"{_CROWD}::test_eight_hostile_reports_do_not_harm_eight_benign_ones",
        f"{_CROWD}::test_crowd_after_crowd_of_hostile_reports_leaves_the_benign_ones_right",
    ),
}
