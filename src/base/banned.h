#ifndef BASE_BANNED_H
#define BASE_BANNED_H
/*
 * Functions nobody may call: unbounded copies, shared static results, the locale's and the
 * shell's surprises.  A call names an undeclared function, which the compiler refuses.
 * (Function-like macros, so that other libraries' headers may use the bare words.)
 */
#define BANNED(f)		sorry_##f##_is_banned()
#undef strcpy
#undef strcat
#undef strtok
#undef sprintf
#undef vsprintf
#define strcpy(...)		BANNED(strcpy)
#define strcat(...)		BANNED(strcat)
#define strtok(...)		BANNED(strtok)
#define sprintf(...)		BANNED(sprintf)
#define vsprintf(...)		BANNED(vsprintf)
#define gmtime(...)		BANNED(gmtime)
#define localtime(...)		BANNED(localtime)
#define ctime(...)		BANNED(ctime)
#define asctime(...)		BANNED(asctime)
#define rand()			BANNED(rand)
#define srand(...)		BANNED(srand)
#define atoi(...)		BANNED(atoi)
#define atol(...)		BANNED(atol)
#define atof(...)		BANNED(atof)
#define system(...)		BANNED(system)
#define popen(...)		BANNED(popen)
#define tmpnam(...)		BANNED(tmpnam)
#define mktemp(...)		BANNED(mktemp)
#endif
