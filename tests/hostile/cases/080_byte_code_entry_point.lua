-- 080 an entry point that is byte code
-- expect: plugin_error
-- kind: load
-- message: binary chunk
-- with: lua_byte_code_entry_point
return { generate = function() return { { "this text is replaced" } } end }
