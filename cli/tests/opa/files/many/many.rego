package many

r1 if x1 == 1

r2 if x2 == 1

r3 if x3 == 1

r4 if x4 == 1

r5 if x5 == 1

r6 if x6 == 1

r7 if x7 == 1

r8 if x8 == 1

r9 if x9 == 1

r10 if x10 == 1

r11 if x11 == 1

r12 if x12 == 1

r13 if x13 == 1

r14 if x14 == 1

