# 092 text that a program would act on stays text
# expect: ok
# renderer: csv|xlsx|json
# check: text_stays_text
def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    for text in ("=cmd|' /C calc'!A0", "+1+1", "-1+1", "@SUM(1)", "\tx", "=HYPERLINK(\"x\")",
                 "\u202eevil", "\ufeffx", "<b>&amp;</b>", "]]>", "_x0041_", "'x", '"x";"y"', "a;b",
                 "line\nline"):
        yield [text]
