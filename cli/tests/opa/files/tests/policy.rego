package policy

deny contains "few" if input.n < 3

deny contains "none" if input.n == 0

unused := 1
