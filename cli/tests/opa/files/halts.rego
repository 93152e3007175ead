package halts

kind := "x" if input.kind == "x"

kind := "y" if input.kind == "y"

then := 1 if input

then := 2 if input
